import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL

@testable import HTTPService

/// A decent client of HTTP/2 over TLS.
struct HTTP2Client: Sendable {
  let channel: any Channel
  private let multiplexer: NIOHTTP2Handler.StreamMultiplexer

  init(port: Int, tls: NIOSSLContext) async throws {
    let (channel, multiplexer) = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
          let multiplexer = try channel.pipeline.syncOperations.configureHTTP2Pipeline(
            mode: .client, connectionConfiguration: .init(), streamConfiguration: .init(), streamDelegate: nil,
            inboundStreamInitializer: { $0.eventLoop.makeSucceededVoidFuture() })
          return (channel, multiplexer)
        }
      }
    self.channel = channel
    self.multiplexer = multiplexer
  }

  /// Opens a stream with a request's head.
  /// - Parameter reads: false for a client that takes nothing of the response.
  func request(
    _ method: String = "GET", _ path: String, _ fields: HPACKHeaders = [:], ends: Bool = true, reads: Bool = true
  ) async throws -> Stream {
    let collector = Collector()
    let promise = channel.eventLoop.makePromise(of: (any Channel).self)
    multiplexer.createStreamChannel(promise: promise) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.syncOptions?.setOption(.autoRead, value: reads)
        try channel.pipeline.syncOperations.addHandler(Handler(collector: collector))
      }
    }
    let stream = try await promise.futureResult.get()
    var headers: HPACKHeaders = [
      ":method": method, ":path": path, ":scheme": "https", ":authority": "localhost",
    ]
    headers.add(contentsOf: fields)
    try await stream.writeAndFlush(HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: ends))).get()
    return Stream(channel: stream, collector: collector)
  }

  /// Status and body of a request.
  func get(_ path: String, _ fields: HPACKHeaders = [:]) async throws -> (status: String, body: String) {
    let stream = try await request("GET", path, fields)
    let body = try await stream.body()
    return (try await stream.head().first(name: ":status") ?? "", body)
  }

  /// Closes; how the server closed before is no error.
  func close() async throws { do { try await channel.close() } catch {} }

  struct Stream: Sendable {
    let channel: any Channel
    fileprivate let collector: Collector

    func send(_ text: String, ends: Bool) async throws {
      let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(string: text)), endStream: ends)
      try await channel.writeAndFlush(HTTP2Frame.FramePayload.data(data)).get()
    }

    /// Queues bytes without waiting until the server takes them.
    func queue(_ bytes: ByteBuffer) -> EventLoopFuture<Void> {
      channel.writeAndFlush(HTTP2Frame.FramePayload.data(.init(data: .byteBuffer(bytes))))
    }

    func reset() async throws {
      try await channel.writeAndFlush(HTTP2Frame.FramePayload.rstStream(.cancel)).get()
    }

    /// The head of the response.
    func head() async throws -> HPACKHeaders {
      guard let head = try await collector.heads.next() else { throw HTTPServiceError.closed }
      // Its fields were written out one a line.
      let lines = String(buffer: head).split(separator: "\n", omittingEmptySubsequences: false)
      return HPACKHeaders(
        lines.dropLast().map { line in
          let parts = line.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
          return (String(parts[0]), String(parts[1]))
        })
    }

    /// The whole body; throws where the stream was reset.
    func body() async throws -> String {
      var text = ""
      while let bytes = try await collector.data.next() { text += String(buffer: bytes) }
      return text
    }

    func nextBytes() async throws -> [UInt8]? { try await collector.data.next().map { Array($0.readableBytesView) } }

    /// The next piece of the body.
    func next() async throws -> String? { try await collector.data.next().map { String(buffer: $0) } }
  }

  fileprivate final class Collector: Sendable {
    let heads = InboundStream(demand: {})
    let data = InboundStream(demand: {})
  }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    private let collector: Collector
    private var failure: (any Error)?

    init(collector: Collector) { self.collector = collector }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .headers(let headers):
        var buffer = ByteBuffer()
        for (name, value, _) in headers.headers { buffer.writeString("\(name)\t\(value)\n") }
        collector.heads.append(buffer)
        if headers.endStream { collector.data.finish() }
      case .data(let data):
        if case .byteBuffer(let bytes) = data.data { collector.data.append(bytes) }
        if data.endStream { collector.data.finish() }
      case .rstStream(let code): collector.data.finish(Reset(code: code))
      default: break
      }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { failure = error }

    func channelInactive(context: ChannelHandlerContext) {
      collector.data.finish(failure ?? HTTPServiceError.closed)
      collector.heads.finish()
    }
  }

  struct Reset: Error { let code: HTTP2ErrorCode }
}
