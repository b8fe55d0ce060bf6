import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import HTTPService

/// DATA that goes past NIO's streams keeps to the client's windows, and to its place among what NIO sends.
struct DirectFramesTests {
  private typealias Frames = HTTP2Frames

  private let direct = DirectFrames()
  private let channel: EmbeddedChannel

  init() throws {
    channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandler(direct)
    try receive(Frames.preface)
  }

  /// The client sends.
  private func receive(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

  /// What NIO's handler has been shown since the last time.
  private func shown() throws -> [UInt8] {
    var bytes: [UInt8] = []
    while let piece = try channel.readInbound(as: ByteBuffer.self) { bytes += piece.readableBytesView }
    return bytes
  }

  /// What has been sent since the last time: a frame each, as `kind stream payload`.
  private func sent() throws -> [String] {
    channel.embeddedEventLoop.run()
    var bytes = ByteBuffer()
    while var piece = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeBuffer(&piece) }
    var found: [String] = []
    while let header = FrameHeader(bytes, at: bytes.readerIndex) {
      bytes.moveReaderIndex(forwardBy: FrameHeader.count)
      guard let payload = bytes.readSlice(length: header.length) else { break }
      let end = header.flags & FrameHeader.endStream != 0 && header.kind == FrameHeader.Kind.data ? "." : ""
      found.append("\(header.kind) \(header.stream) \(String(buffer: payload))\(end)")
    }
    #expect(bytes.readableBytes == 0)
    return found
  }

  /// A stream whose head is out.
  private func stream(_ id: UInt32, overflowed: @escaping () -> Void = {}) throws -> DirectStream {
    let stream = direct.opened(id)
    stream.headComes()
    stream.begin(OutboundStream(on: channel.eventLoop, drain: {}, send: { _ in }), overflowed: overflowed)
    write(Frames.frame(1, flags: 4, stream: id, Array("head".utf8)))
    #expect(try sent() == ["1 \(id) head"])
    return stream
  }

  private func send(_ text: String, _ stream: DirectStream) {
    let outbound = stream.outbound
    Broadcast.send { broadcast in
      let target = outbound.map { Broadcast.Target(stream: $0) }
      #expect(target.map { broadcast.offer(ByteBuffer(string: text), to: $0) } == true)
    }
    direct.drain(stream)
  }

  /// NIO's handler sends.
  @discardableResult private func write(_ bytes: [UInt8]) -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: promise)
    return promise.futureResult
  }

  /// A DATA frame as NIO writes it: the header, then the payload.
  private func writeData(_ text: String, stream: UInt32, ends: Bool = false) -> EventLoopFuture<Void> {
    channel.write(
      ByteBuffer(bytes: Frames.frame(0, flags: ends ? 1 : 0, stream: stream, Array(text.utf8)).prefix(9)), promise: nil)
    return write(Array(text.utf8))
  }

  private static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
    Frames.frame(8, stream: stream, Frames.number(increment))
  }

  private static func initialWindow(_ size: UInt32) -> [UInt8] { Frames.frame(4, [0, 4] + Frames.number(size)) }

  /// Takes all but `rest` bytes of the connection's window.
  private func exhaust(but rest: Int) throws {
    let stream = try stream(101)
    try receive(Self.windowUpdate(101, 1 << 20))
    send(String(repeating: "x", count: 65_535 - rest), stream)
    _ = try sent()
  }

  @Test func whatIsSentInOneTurnIsOneWrite() throws {
    let one = try stream(1)
    let two = try stream(3)
    send("a", one)
    send("b", two)
    send("", one)
    send("c", one)
    channel.embeddedEventLoop.run()
    let bytes = try #require(try channel.readOutbound(as: ByteBuffer.self))
    #expect(
      Array(bytes.readableBytesView)
        == Frames.frame(0, stream: 1, [97]) + Frames.frame(0, stream: 3, [98]) + Frames.frame(0, stream: 1, [99]))
    #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
  }

  /// What NIO writes in the same turn comes behind it.
  @Test func thePlaceIsKept() throws {
    let one = try stream(1)
    send("a", one)
    write(Frames.frame(0, flags: 1, stream: 1))
    #expect(try sent() == ["0 1 a", "0 1 ."])
  }

  @Test func largePiecesAreSeveralFrames() throws {
    try receive(Self.initialWindow(100_000))
    let one = try stream(1)
    send(String(repeating: "x", count: 40_000), one)
    #expect(try sent().map(\.utf8.count) == [16_388, 16_388, 7_236])
  }

  @Test func aStreamsWindow() throws {
    try receive(Self.initialWindow(3))
    let one = try stream(1)
    let two = try stream(3)
    _ = try shown()
    send("abcdefgh", one)
    send("xy", two)
    #expect(try sent() == ["0 1 abc", "0 3 xy"])
    try receive(Self.windowUpdate(1, 2))
    #expect(try sent() == ["0 1 de"])
    // NIO has sent nothing on it.
    #expect(try shown() == [])
    // A smaller window may be less than nothing.
    try receive(Self.initialWindow(1))
    try receive(Self.windowUpdate(1, 2))
    #expect(try sent() == [])
    try receive(Self.windowUpdate(1, 1) + Self.windowUpdate(1, 1))
    #expect(try sent() == ["0 1 f", "0 1 g"])
    try receive(Self.initialWindow(10))
    #expect(try sent() == ["0 1 h"])
    #expect(try shown() == Self.initialWindow(1) + Self.initialWindow(10))
  }

  /// What a client allows before the response begins counts, and NIO hears of it too.
  @Test func aWindowThatOpensBeforeTheHead() throws {
    try receive(Self.initialWindow(1))
    let stream = direct.opened(1)
    try receive(Self.windowUpdate(1, 2) + Self.windowUpdate(7, 2))
    #expect(try shown().suffix(26) == Self.windowUpdate(1, 2) + Self.windowUpdate(7, 2))
    stream.headComes()
    stream.begin(OutboundStream(on: channel.eventLoop, drain: {}, send: { _ in }), overflowed: {})
    send("abcd", stream)
    // The head may wait in NIO's handler while the channel is full.
    #expect(try sent() == [])
    write(Frames.frame(1, flags: 4, stream: 1))
    #expect(try sent() == ["1 1 ", "0 1 abc"])
  }

  @Test func moreThanAWindowHolds() throws {
    var faults = 0
    _ = try stream(1) { faults += 1 }
    try receive(Self.windowUpdate(1, 0x7FFF_FFFF - 65_535))
    #expect(faults == 0)
    try receive(Self.windowUpdate(1, 1))
    #expect(faults == 1)
    // The connection's is for NIO to refuse.
    _ = try shown()
    try receive(Self.windowUpdate(0, 0x7FFF_FFFF))
    #expect(try shown() == Self.windowUpdate(0, 0x7FFF_FFFF))
  }

  /// NIO hears of no more than what is not paid back with it.
  @Test func theConnectionsWindowIsShared() throws {
    try exhaust(but: 0)
    _ = try shown()
    try receive(Self.windowUpdate(0, 65_000))
    #expect(try shown() == [])
    try receive(Self.windowUpdate(0, 1_000))
    #expect(try shown() == Self.windowUpdate(0, 465))
    try receive(Self.windowUpdate(0, 1_000))
    #expect(try shown() == Self.windowUpdate(0, 1_000))
  }

  /// NIO's DATA wait for the window that it believes to have, in their order, and the ends of their streams behind them;
  /// nothing else does.
  @Test func whatNIOSendsWaits() throws {
    try exhaust(but: 2)
    let one = try stream(1)
    let written = writeData("abcdef", stream: 3)
    write(Frames.frame(1, flags: 4, stream: 5, Array("head".utf8)))
    write(Frames.frame(6, Array("ping".utf8)))
    let last = writeData("g", stream: 5)
    let end = writeData("", stream: 3, ends: true)
    write(Frames.frame(0, flags: 1, stream: 7))
    write(Frames.frame(3, stream: 5, Frames.number(8)))
    send("direct", one)
    #expect(try sent() == ["1 5 head", "6 0 ping", "0 7 ."])
    try receive(Self.windowUpdate(0, 1))
    #expect(try sent() == ["0 3 abc"])
    var told = ""
    written.assumeIsolated().whenSuccess { told += "written " }
    last.assumeIsolated().whenSuccess { told += "last " }
    end.assumeIsolated().whenSuccess { told += "end" }
    try receive(Self.windowUpdate(0, 3))
    #expect(try sent() == ["0 3 def"])
    #expect(told == "written ")
    try receive(Self.windowUpdate(0, 4))
    #expect(try sent() == ["0 5 g", "0 3 .", "3 5 \0\0\0\u{8}", "0 1 dir"])
    #expect(told == "written last end")
    try receive(Self.windowUpdate(0, 100))
    #expect(try sent() == ["0 1 ect"])
    // And then nothing waits any more.
    _ = writeData("h", stream: 5)
    #expect(try sent() == ["0 5 h"])
  }

  /// What NIO believes to have sent goes out before it closes, also past those below who gather what is written.
  @Test(arguments: [false, true]) func theEndOfTheConnectionWaits(isGathered: Bool) throws {
    if isGathered { try channel.pipeline.syncOperations.addHandler(GatheredWrites(), position: .first) }
    try exhaust(but: 0)
    _ = writeData("abc", stream: 3)
    _ = writeData("", stream: 3, ends: true)
    var isClosed = false
    channel.closeFuture.assumeIsolated().whenSuccess { isClosed = true }
    for _ in 0..<2 { channel.close(promise: nil) }
    #expect(try sent() == [])
    #expect(!isClosed)
    try receive(Self.windowUpdate(0, 3))
    #expect(try sent() == ["0 3 abc", "0 3 ."])
    #expect(isClosed)
  }

  @Test func theEndThatDoesNotWait() async throws {
    try exhaust(but: 0)
    let lost = writeData("abc", stream: 3, ends: true)
    channel.close(promise: nil)
    direct.closeNow()
    channel.close(promise: nil)
    channel.embeddedEventLoop.run()
    await #expect(throws: ChannelError.self) { try await lost.get() }
  }

  @Test func aFullChannel() throws {
    let one = try stream(1)
    channel.isWritable = false
    channel.pipeline.fireChannelWritabilityChanged()
    send("a", one)
    var isEmpty = false
    one.whenEmpty = { isEmpty = true }
    #expect(try sent() == [])
    #expect(!isEmpty)
    channel.isWritable = true
    channel.pipeline.fireChannelWritabilityChanged()
    #expect(try sent() == ["0 1 a"])
    #expect(isEmpty)
  }

  /// In one turn no more is written than the channel may have to keep: then it can say that it is full.
  @Test func muchInOneTurn() throws {
    try receive(Self.initialWindow(1 << 20) + Self.windowUpdate(0, 1 << 20))
    let one = try stream(1)
    let text = String(repeating: "x", count: 200_000)
    send(text, one)
    send(text, one)
    // Not the whole of the second.
    channel.embeddedEventLoop.advanceTime(by: .zero)
    #expect(try sent().joined().utf8.count { $0 == UInt8(ascii: "x") } == 400_000)
  }

  /// What waits is given up with its stream, and the others go on.
  @Test func aStreamThatEnds() throws {
    try receive(Self.initialWindow(1))
    let one = try stream(1)
    let two = try stream(3)
    send("ab", one)
    send("cd", two)
    #expect(try sent() == ["0 1 a", "0 3 c"])
    direct.closed(one)
    try receive(Self.windowUpdate(1, 5) + Self.windowUpdate(3, 5))
    #expect(try sent() == ["0 3 d"])
  }

  /// Who waits to write goes on when what was written is on its way; what NIO sends is lost with the connection, and NIO
  /// is told.
  @Test func writersAreTold() async throws {
    try receive(Self.initialWindow(1))
    let one = try stream(1)
    send("a", one)
    #expect(try sent() == ["0 1 a"])
    let outbound = try #require(one.outbound)
    try await outbound.flushed()
    send("bc", one)
    async let flushed: Void = outbound.flushed()
    try receive(Self.windowUpdate(1, 2))
    #expect(try sent() == ["0 1 bc"])
    try await flushed
    try exhaust(but: 0)
    let lost = writeData("x", stream: 5)
    direct.closeNow()
    _ = try channel.finish(acceptAlreadyClosed: true)
    await #expect(throws: ChannelError.self) { try await lost.get() }
  }
}
