import NIOCore
import NIOHTTP1
import NIOPosix
import OCI
import Synchronization

/// A registry in memory on a free loopback port, which misbehaves as it is told.
final class FakeRegistry: Sendable {
  struct Request: Sendable {
    var method: HTTPMethod
    var path: String
    var headers: HTTPHeaders
    /// How many requests for the same path came before.
    var earlier: Int
  }

  enum Answer: Sendable {
    /// Serve as a good registry does.
    case good
    case status(Int, [(String, String)], [UInt8])
    /// Promise everything, send this many bytes, close.
    case cut(Int)
    /// Other bytes than asked for, same length.
    case wrong
    /// Accept and say nothing.
    case hang
    case close
    /// No ranges: always the whole.
    case whole
  }

  private struct State {
    var blobs: [String: [UInt8]] = [:]
    var manifests: [String: (bytes: [UInt8], type: String)] = [:]
    var counts: [String: Int] = [:]
    var log: [Request] = []
  }
  private let state = Mutex(State())
  private let script: @Sendable (Request) -> Answer
  private let channel: Mutex<(any Channel)?> = Mutex(nil)

  init(_ script: @escaping @Sendable (Request) -> Answer = { _ in .good }) { self.script = script }

  var log: [Request] { state.withLock { $0.log } }
  var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }

  func add(_ image: ImageFixture, _ repository: String, _ tag: String) {
    state.withLock { state in
      for layer in image.layers { state.blobs[sha256(layer.blob).description] = layer.blob }
      state.blobs[sha256(image.config).description] = image.config
      state.manifests["\(repository):\(tag)"] = (image.manifest, image.manifestType)
      state.manifests["\(repository):\(sha256(image.manifest))"] = (image.manifest, image.manifestType)
    }
  }

  func add(manifest bytes: [UInt8], type: String, _ repository: String, _ tag: String) {
    state.withLock { $0.manifests["\(repository):\(tag)"] = (bytes, type) }
  }

  /// Runs the registry while `body` runs, which gets `127.0.0.1:port`.
  func serve<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [self] channel in
        channel.pipeline.configureHTTPServerPipeline().flatMapThrowing {
          try channel.pipeline.syncOperations.addHandler(Handler(registry: self))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    channel.withLock { $0 = server }
    do {
      let result = try await body("127.0.0.1:\(port)")
      try await server.close()
      return result
    } catch {
      try await server.close()
      throw error
    }
  }

  private func answer(_ head: HTTPRequestHead) -> (Request, Answer) {
    let path = String(head.uri)
    let request = state.withLock { state in
      let earlier = state.counts[path, default: 0]
      state.counts[path] = earlier + 1
      let request = Request(method: head.method, path: path, headers: head.headers, earlier: earlier)
      state.log.append(request)
      return request
    }
    return (request, script(request))
  }

  private func content(_ path: String) -> (bytes: [UInt8], type: String)? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count >= 4, parts[0] == "v2" else { return nil }
    let repository = parts[1..<(parts.count - 2)].joined(separator: "/")
    return state.withLock { state in
      if parts[parts.count - 2] == "manifests" { return state.manifests["\(repository):\(parts[parts.count - 1])"] }
      return state.blobs[parts[parts.count - 1]].map { ($0, "application/octet-stream") }
    }
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    let registry: FakeRegistry
    init(registry: FakeRegistry) { self.registry = registry }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .head(let head) = unwrapInboundIn(data) else { return }
      let (request, answer) = registry.answer(head)
      switch answer {
      case .hang: return
      case .close: context.close(promise: nil)
      case .status(let code, let headers, let body): send(context, code, headers, body)
      case .good, .cut, .wrong, .whole: serve(context, request, answer)
      }
    }

    private func serve(_ context: ChannelHandlerContext, _ request: Request, _ answer: Answer) {
      guard let content = registry.content(request.path) else {
        let body = "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\"}]}"
        return send(context, 404, [("Content-Type", "application/json")], Array(body.utf8))
      }
      var bytes = content.bytes
      var headers = [("Content-Type", content.type)]
      var code = 200
      if case .wrong = answer { bytes = bytes.map { $0 ^ 0x55 } }
      if case .whole = answer {
      } else if let range = request.headers.first(name: "Range"), let start = Int(range.dropFirst(6).dropLast()),
        start < bytes.count
      {
        headers.append(("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"))
        bytes = Array(bytes[start...])
        code = 206
      }
      if case .cut(let count) = answer {
        headers.append(("Content-Length", "\(bytes.count)"))
        write(context, code, headers, Array(bytes.prefix(count)), end: false)
        return
      }
      send(context, code, headers, bytes)
    }

    private func send(_ context: ChannelHandlerContext, _ code: Int, _ headers: [(String, String)], _ body: [UInt8]) {
      write(context, code, headers + [("Content-Length", "\(body.count)")], body, end: true)
    }

    private func write(
      _ context: ChannelHandlerContext, _ code: Int, _ headers: [(String, String)], _ body: [UInt8], end: Bool
    ) {
      let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: code), headers: HTTPHeaders(headers))
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      let flushed = context.eventLoop.makePromise(of: Void.self)
      context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: flushed)
      if end {
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      } else {
        let channel = context.channel
        flushed.futureResult.whenComplete { _ in channel.close(promise: nil) }
      }
    }
  }
}
