import NIOCore
import NIOPosix
import NIOSSL

@testable import HTTPService

/// A client that sends exactly the bytes it is told to, for requests that no decent client would make.
struct RawClient: Sendable {
  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let stream: InboundStream
    init(stream: InboundStream) { self.stream = stream }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { stream.append(unwrapInboundIn(data)) }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if let event = event as? ChannelEvent, event == .inputClosed { stream.finish() }
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    func channelInactive(context: ChannelHandlerContext) { stream.finish() }
  }

  let channel: any Channel
  private let stream: InboundStream

  init(unix path: String) async throws {
    let stream = InboundStream(demand: {})
    channel = try await Self.bootstrap(stream).connect(unixDomainSocketPath: path).get()
    self.stream = stream
  }

  init(port: Int) async throws {
    let stream = InboundStream(demand: {})
    channel = try await Self.bootstrap(stream).connect(host: "127.0.0.1", port: port).get()
    self.stream = stream
  }

  /// Connects and waits for the end of the handshake.
  init(port: Int, tls: NIOSSLContext) async throws {
    let stream = InboundStream(demand: {})
    channel = try await Self.bootstrap(stream, tls: tls).connect(host: "127.0.0.1", port: port).get()
    self.stream = stream
  }

  private static func bootstrap(_ stream: InboundStream, tls: NIOSSLContext? = nil) -> ClientBootstrap {
    ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls {
            try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: nil))
          }
          try channel.pipeline.syncOperations.addHandler(Collector(stream: stream))
        }
      }
  }

  func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }
  func send(bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  /// Queues bytes without waiting until the server takes them.
  func queue(bytes: [UInt8]) -> EventLoopFuture<Void> { channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

  func closeWrite() async throws { try await channel.close(mode: .output) }

  /// Closes; how the server closed before is no error.
  func close() async throws {
    do {
      try await channel.setOption(.allowRemoteHalfClosure, value: false).get()
      try await channel.close()
    } catch {}
  }

  /// What arrives until `end` has arrived (and, as it may be, a little more), or the connection ends.
  func receive(until end: String) async throws -> String {
    var text = ""
    while !text.contains(end), let bytes = try await stream.next() { text += String(buffer: bytes) }
    return text
  }

  func receiveToEnd() async throws -> String {
    var text = ""
    while let bytes = try await stream.next() { text += String(buffer: bytes) }
    return text
  }

  /// The bytes up to and with an empty line, and what came behind it.
  func receiveHead() async throws -> (head: String, rest: [UInt8]) {
    var all: [UInt8] = []
    while let bytes = try await stream.next() {
      all += bytes.readableBytesView
      if let end = all.firstRange(of: Array("\r\n\r\n".utf8)) {
        return (String(decoding: all[..<end.upperBound], as: UTF8.self), Array(all[end.upperBound...]))
      }
    }
    return (String(decoding: all, as: UTF8.self), [])
  }

  /// The next `count` bytes, or what came before the end of the connection.
  func receive(count: Int) async throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < count, let bytes = try await stream.next() { all += bytes.readableBytesView }
    return all
  }
}
