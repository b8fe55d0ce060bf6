import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPService

/// What several streams flush in one turn of the loop leaves together.
struct GatheredFlushTests {
  /// Counts the flushes that come through.
  private final class Counter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    var flushes = 0
    func flush(context: ChannelHandlerContext) {
      flushes += 1
      context.flush()
    }
  }

  private let counter = Counter()
  private let channel: EmbeddedChannel

  init() throws {
    channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandlers([counter, GatheredFlush()])
  }

  private func sent() throws -> [String] {
    var found: [String] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) { found.append(String(buffer: bytes)) }
    return found
  }

  @Test func flushesOfOneTurnAreOne() throws {
    for text in ["one", "two", "three"] { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
    #expect(try sent() == [])
    channel.embeddedEventLoop.run()
    #expect(try sent() == ["one", "two", "three"])
    #expect(counter.flushes == 1)
    channel.writeAndFlush(ByteBuffer(string: "four"), promise: nil)
    channel.embeddedEventLoop.run()
    #expect(try sent() == ["four"])
    #expect(counter.flushes == 2)
  }

  /// What nobody has flushed stays.
  @Test func whatIsOnlyWrittenWaits() throws {
    channel.write(ByteBuffer(string: "one"), promise: nil)
    channel.embeddedEventLoop.run()
    #expect(try sent() == [])
    #expect(counter.flushes == 0)
  }

  @Test func whatWasFlushedGoesOutBeforeTheEnd() throws {
    channel.writeAndFlush(ByteBuffer(string: "last"), promise: nil)
    channel.close(promise: nil)
    #expect(try sent() == ["last"])
    #expect(counter.flushes == 1)
  }
}
