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
      await Task.detached { [self] in taken.withLock { $0.append(writer.offer(buffer: ByteBuffer(string: text))) } }
        .value
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
    #expect(answers.all == [false, false, true, false])
  }

  /// Whoever is too slow is offered nothing more until what waits has gone out.
  @Test func aSlowClient() async throws {
    let outbound = OutboundStream(on: MultiThreadedEventLoopGroup.singleton.any(), notify: {})
    let piece = ByteBuffer(repeating: 1, count: OutboundStream.highWater / 2)
    #expect((0..<5).map { _ in outbound.offer([piece]) } == [true, true, true, false, false])
    #expect(outbound.take().readableBytes == 3 * piece.readableBytes)
    #expect(!outbound.offer([piece]))
    outbound.completed(piece.readableBytes)
    #expect(outbound.offer([piece]))
    outbound.close()
    #expect(!outbound.offer([piece]))
    #expect(outbound.take().isEmpty)
  }

  /// On the connection's own thread it would be written at once: whoever offers may hold a lock that follows from it.
  @Test func onTheEventLoop() async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let outbound = OutboundStream(on: loop, notify: {})
    #expect(try await loop.submit { outbound.offer([ByteBuffer(string: "x")]) }.get() == false)
    #expect(outbound.take().isEmpty)
  }
}
