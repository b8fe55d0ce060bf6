import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPService

/// What several streams write in one turn of the loop leaves together.
struct GatheredWritesTests {
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
    try channel.pipeline.syncOperations.addHandlers([counter, GatheredWrites()])
  }

  private func sent() throws -> [String] {
    var found: [String] = []
    while let bytes = try channel.readOutbound(as: ByteBuffer.self) { found.append(String(buffer: bytes)) }
    return found
  }

  @Test func writesOfOneTurnAreOne() throws {
    for text in ["one", "two", "three"] { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
    #expect(try sent() == [])
    channel.embeddedEventLoop.run()
    #expect(try sent() == ["onetwothree"])
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

  /// Whoever has written a piece is told when all that it left with has been sent, and in the order of writing.
  @Test func writersAreTold() throws {
    var told: [Int] = []
    let promises = (0..<4).map { number in
      let promise = channel.eventLoop.makePromise(of: Void.self)
      promise.futureResult.assumeIsolated().whenSuccess { told.append(number) }
      return promise
    }
    channel.write(ByteBuffer(string: "one"), promise: promises[0])
    channel.write(ByteBuffer(), promise: promises[1])
    channel.write(ByteBuffer(repeating: 0x78, count: 20_000), promise: promises[2])
    channel.write(ByteBuffer(), promise: promises[3])
    #expect(told == [])
    channel.flush()
    channel.embeddedEventLoop.run()
    #expect(told == [0, 1, 2, 3])
    #expect(try sent().map(\.utf8.count) == [3, 20_000, 0])
  }

  /// A large piece is not copied and stays where it was among the others; many small ones do not wait for each other without
  /// an end.
  @Test func largePiecesStayInPlace() throws {
    let large = String(repeating: "x", count: 16_384)
    for text in ["a", "b", large, "c"] { channel.write(ByteBuffer(string: text), promise: nil) }
    channel.flush()
    channel.embeddedEventLoop.run()
    #expect(try sent() == ["ab", large, "c"])
    for _ in 0..<9 { channel.write(ByteBuffer(repeating: 0x79, count: 8_192), promise: nil) }
    channel.flush()
    channel.embeddedEventLoop.run()
    #expect(try sent().map(\.utf8.count) == [65_536, 8_192])
  }

  @Test func whoIsNeverFlushedIsToldOfTheEnd() throws {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    channel.write(ByteBuffer(string: "lost"), promise: promise)
    _ = try channel.finish(acceptAlreadyClosed: true)
    #expect(throws: ChannelError.self) { try promise.futureResult.wait() }
  }

  @Test func whatWasFlushedGoesOutBeforeTheEnd() throws {
    channel.writeAndFlush(ByteBuffer(string: "last"), promise: nil)
    channel.close(promise: nil)
    #expect(try sent() == ["last"])
    #expect(counter.flushes == 1)
  }
}
