import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix

@testable import KeyValueStore

/// Something that takes a member's connections and answers as a test wants it to.
struct FakeMember: Sendable {
  /// What is said to one message of a call.
  struct Reply: Sendable {
    /// HTTP's status.
    var http = "200"
    var contentType = "application/grpc"
    /// Bytes of the stream: framed messages, or what is to be taken for them.
    var bytes = ByteBuffer()
    /// gRPC's status and message; nil leaves the call open.
    var status: String?
    var message = ""

    /// A message, and the call's end.
    static func answer(_ message: ByteBuffer) -> Reply { Reply(bytes: GRPCMessages.framed(message), status: "0") }

    static func refusal(_ code: Int, _ message: String) -> Reply { Reply(status: "\(code)", message: message) }

    /// Messages of a stream that goes on.
    static func stream(_ messages: [ByteBuffer]) -> Reply {
      var reply = Reply()
      for message in messages {
        var framed = GRPCMessages.framed(message)
        reply.bytes.writeBuffer(&framed)
      }
      return reply
    }
  }

  let port: Int
  private let channel: any Channel

  /// One that speaks gRPC.
  /// - Parameter reply: given the call's path and each of its messages.
  /// - Parameter socket: the path of a unix socket; a port of loopback where there is none.
  init(
    socket: String? = nil, _ reply: @escaping @Sendable (_ path: String, _ message: ByteBuffer) -> Reply
  ) async throws {
    try await self.init(socket: socket) { channel in
      channel.configureHTTP2Pipeline(
        mode: .server, connectionConfiguration: .init(), streamConfiguration: .init()
      ) { stream in
        stream.eventLoop.makeCompletedFuture { try stream.pipeline.syncOperations.addHandler(Calling(reply)) }
      }.map { _ in }
    }
  }

  /// One that sends the same bytes to whoever sends it something, and closes.
  init(bytes: String) async throws {
    try await self.init { channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Answering(bytes)) }
    }
  }

  private init(
    socket: String? = nil, configure: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
  ) async throws {
    let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).childChannelInitializer(configure)
    if let socket {
      channel = try await bootstrap.bind(unixDomainSocketPath: socket).get()
    } else {
      channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    }
    port = channel.localAddress?.port ?? 0
  }

  func close() async throws { try await channel.close() }

  private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: String

    init(_ answer: String) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
      context.close(promise: nil)
    }
  }

  private final class Calling: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload
    private let reply: @Sendable (String, ByteBuffer) -> Reply
    private var path = ""
    private var messages = GRPCMessages(limit: 1 << 20)
    private var hasBegun = false

    init(_ reply: @escaping @Sendable (String, ByteBuffer) -> Reply) { self.reply = reply }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .headers(let frame): path = frame.headers.first(name: ":path") ?? ""
      case .data(let frame):
        guard case .byteBuffer(var bytes) = frame.data else { return }
        messages.append(&bytes)
        while let message = try? messages.next() { send(reply(path, message), context) }
      default: break
      }
    }

    private func send(_ reply: Reply, _ context: ChannelHandlerContext) {
      if !hasBegun {
        let head: HPACKHeaders = [":status": reply.http, "content-type": reply.contentType]
        context.write(wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
        hasBegun = true
      }
      if reply.bytes.readableBytes > 0 {
        context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(reply.bytes)))), promise: nil)
      }
      if let status = reply.status {
        let trailers: HPACKHeaders = ["grpc-status": status, "grpc-message": reply.message]
        context.write(wrapOutboundOut(.headers(.init(headers: trailers, endStream: true))), promise: nil)
      }
      context.flush()
    }
  }
}
