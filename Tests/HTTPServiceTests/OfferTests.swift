import AsyncWork
import Linux
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import HTTPService

/// What is sent without a task arrives in its place, or is refused whole.
@Suite(.timeLimit(.minutes(1))) struct OfferTests {
  /// Which offers were taken.
  private final class Answers: Sendable {
    private let taken = Mutex<[Bool]>([])
    var all: [Bool] { taken.withLock { $0 } }

    /// Offers where no task of the connection runs.
    func offer(_ text: String, _ writer: ResponseWriter) async {
      await Task.detached { [self] in
        Broadcast.send { broadcast in
          let isTaken = writer.broadcastTarget.map { broadcast.offer(ByteBuffer(string: text), to: $0) }
          taken.withLock { $0.append(isTaken ?? false) }
        }
      }.value
    }
  }

  /// Offers before the head and between pieces that are written.
  private static func handler(_ answers: Answers, length: Int? = nil) -> Handler {
    { _ in
      let headers: Headers = length.map { ["Content-Length": String($0)] } ?? [:]
      return .stream(headers: headers) { writer in
        await answers.offer("never", writer)
        try await writer.start()
        try await writer.write("one ")
        await answers.offer("two ", writer)
        await answers.offer("", writer)
        try await writer.write("three ")
        await answers.offer("four", writer)
      }
    }
  }

  @Test func http1() async throws {
    let answers = Answers()
    try await Fixture.with(handler: Self.handler(answers)) { fixture in
      let client = try await fixture.client()
      try await client.send("GET / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      let response = try await client.receiveToEnd()
      #expect(response.hasSuffix("4\r\none \r\n4\r\ntwo \r\n6\r\nthree \r\n4\r\nfour\r\n0\r\n\r\n"))
    }
    #expect(answers.all == [false, true, true, true])
  }

  @Test func http2() async throws {
    let answers = Answers()
    try await TLSFixture.with(handler: Self.handler(answers)) { fixture in
      let client = try await fixture.http2()
      #expect(try await client.get("/") == ("200", "one two three four"))
      try await client.close()
    }
    #expect(answers.all == [false, true, true, true])
  }

  /// Where a length was promised, offers would have to be counted; none is taken.
  @Test func aPromisedLength() async throws {
    let answers = Answers()
    try await Fixture.with(handler: Self.handler(answers, length: 10)) { fixture in
      let client = try await fixture.client()
      try await client.send("GET / HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(try await client.receiveToEnd().hasSuffix("\r\n\r\none three "))
    }
    #expect(answers.all == [false, false, false, false])
  }

  /// Whoever is too slow is offered nothing more until what waits has gone out.
  @Test func aSlowClient() async throws {
    let outbound = OutboundStream(on: MultiThreadedEventLoopGroup.singleton.any(), drain: {}, send: { _ in })
    let piece = ByteBuffer(repeating: 1, count: OutboundStream.highWater / 2)
    func offer() -> Bool {
      var taken = false
      Broadcast.send { taken = $0.offer(piece, to: .init(stream: outbound)) }
      return taken
    }
    #expect((0..<5).map { _ in offer() } == [true, true, true, false, false])
    #expect(outbound.take().readableBytes == 3 * piece.readableBytes)
    #expect(!offer())
    outbound.completed(piece.readableBytes)
    #expect(offer())
    outbound.close()
    #expect(!offer())
    #expect(outbound.take().isEmpty)
  }

  /// Nothing goes out before all has been offered, also on the connection's own thread: whoever offers may hold a lock that
  /// sending would need. Then each client's loop hears of it once.
  @Test func onTheEventLoop() async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let told = Mutex(0)
    let outbound = OutboundStream(on: loop, drain: { told.withLock { $0 += 1 } }, send: { _ in })
    try await loop.submit {
      Broadcast.send { broadcast in
        #expect(broadcast.offer(ByteBuffer(string: "x"), to: .init(stream: outbound)))
        #expect(broadcast.offer(ByteBuffer(string: "y"), to: .init(stream: outbound)))
      }
      #expect(told.withLock { $0 } == 0)
    }.get()
    try await loop.submit { #expect(told.withLock { $0 } == 1) }.get()
    #expect(outbound.take().map { String(buffer: $0) } == ["x", "y"])
  }

  /// What was offered before an error is sent.
  @Test func anErrorAmongOffers() async throws {
    struct Failure: Error {}
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let told = Mutex(0)
    let outbound = OutboundStream(on: loop, drain: { told.withLock { $0 += 1 } }, send: { _ in })
    #expect(throws: Failure.self) {
      try Broadcast.send { broadcast in
        #expect(broadcast.offer(ByteBuffer(string: "x"), to: .init(stream: outbound)))
        throw Failure()
      }
    }
    try await loop.submit { #expect(told.withLock { $0 } == 1) }.get()
  }

  private final class Received: Sendable {
    private let state = Atomic(false)
    var isSet: Bool { state.load(ordering: .acquiring) }
    func set() { state.store(true, ordering: .releasing) }
  }

  /// A body that ends while others are still offered the same has all that it was offered before.
  @Test(arguments: [false, true]) func anEndAmongOffers(isHTTP2: Bool) async throws {
    let offered = Signal()
    let received = Received()
    let pool = try BlockingPool(name: "offers", limit: 1)
    let handler: Handler = { _ in
      .stream(endsWithServer: true) { writer in
        try await writer.start()
        let target = try #require(writer.broadcastTarget)
        pool.submit {
          Broadcast.send { broadcast in
            #expect(broadcast.offer(ByteBuffer(string: "last"), to: target))
            offered.fire()
            while !received.isSet { Threads.pause(milliseconds: 1) }
          }
        }
        try await offered.wait()
      }
    }
    try await TLSFixture.with(handler: handler) { fixture in
      defer { received.set() }
      if isHTTP2 {
        let client = try await fixture.http2()
        #expect(try await client.get("/") == ("200", "last"))
        try await client.close()
      } else {
        let client = try await fixture.client()
        try await client.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
        #expect(try await client.receive(until: "0\r\n\r\n").hasSuffix("4\r\nlast\r\n0\r\n\r\n"))
        try await client.close()
      }
    }
  }
}
