import NIOCore
import Testing

@testable import HTTPService

@Suite struct RequestParserTests {
  /// All events of `text`, fed `step` bytes at a time.
  private func events(
    _ text: String, step: Int = .max, limits: RequestLimits = RequestLimits()
  ) throws -> [RequestParser.Event] {
    var parser = RequestParser(limits: limits)
    var buffer = ByteBuffer()
    var events: [RequestParser.Event] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      buffer.writeBytes(rest.prefix(step))
      rest = rest.dropFirst(step)
      while let event = try parser.next(&buffer) { events.append(event) }
    }
    return events
  }

  private func body(_ events: [RequestParser.Event]) -> String {
    events.reduce(into: "") { if case .body(let bytes) = $1 { $0 += String(buffer: bytes) } }
  }

  private func head(_ text: String) throws -> RequestHead {
    guard case .head(let head) = try #require(try events(text).first) else { throw HTTPServiceError.closed }
    return head
  }

  @Test func readsARequestWithoutBody() throws {
    let events = try events("GET /a?b=c HTTP/1.1\r\nHost: d\r\nX-Y:  z \r\n\r\n")
    #expect(events.count == 2)
    guard case .head(let head) = events[0] else { return #expect(Bool(false)) }
    #expect(head.method == .get && head.target == "/a?b=c" && head.keepAlive && head.framing == .none)
    #expect(head.headers["x-y"] == "z")
    #expect(events[1] == .end)
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func readsBodiesInPiecesOfAnySize(step: Int) throws {
    let counted = try events("POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\n\r\nhello", step: step)
    #expect(body(counted) == "hello" && counted.last == .end)
    let chunked = try events(
      "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nT: 1\r\n\r\n",
      step: step)
    #expect(body(chunked) == "hello world" && chunked.last == .end)
  }

  @Test func leavesTheNextRequestInTheBuffer() throws {
    var parser = RequestParser(limits: RequestLimits())
    var buffer = ByteBuffer(string: "GET /1 HTTP/1.1\r\nHost: d\r\n\r\nraw bytes")
    _ = try parser.next(&buffer)
    #expect(try parser.next(&buffer) == .end)
    #expect(String(buffer: buffer) == "raw bytes")
  }

  @Test(arguments: [
    "GET / HTTP/1.1\nHost: d\n\n",
    "GET / HTTP/1.1\r\nHost: d\r\n\n",
    "GET  / HTTP/1.1\r\nHost: d\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: d\r\n\r\n",
    "GET /\r\nHost: d\r\n\r\n",
    "G@T / HTTP/1.1\r\nHost: d\r\n\r\n",
    "GET /\u{e9} HTTP/1.1\r\nHost: d\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d\r\nHost: e\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : d\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d\r\n folded: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d\r\nX: a\u{0}b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d\r\nX: a\rb\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: d\r\nnocolon\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: +5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n",
    "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
  ])
  func refusesWhatOthersReadDifferently(text: String) {
    #expect { try events(text) } throws: { ($0 as? HTTPServiceError)?.status == .badRequest }
    #expect { try events(text, step: 1) } throws: { ($0 as? HTTPServiceError)?.status == .badRequest }
  }

  @Test func namesWhatItDoesNotServe() {
    let cases: [(String, Status)] = [
      ("GET / HTTP/2.0\r\nHost: d\r\n\r\n", .versionNotSupported),
      ("POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .notImplemented),
      ("POST / HTTP/1.1\r\nHost: d\r\nExpect: miracle\r\n\r\n", .expectationFailed),
    ]
    for (text, status) in cases {
      #expect { try events(text) } throws: { ($0 as? HTTPServiceError)?.status == status }
    }
  }

  @Test func boundsTheHeader() {
    let limits = RequestLimits(headerBytes: 1000, headerFields: 10)
    let long = "GET / HTTP/1.1\r\nHost: d\r\nX: " + String(repeating: "a", count: 1000) + "\r\n\r\n"
    let endless = String(repeating: "a", count: 1001)
    let many = "GET / HTTP/1.1\r\nHost: d\r\n" + String(repeating: "X: a\r\n", count: 10) + "\r\n"
    let trailers =
      "POST / HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
      + String(repeating: "X: aaaa\r\n", count: 200)
    for text in [long, endless, many, trailers] {
      #expect { try events(text, limits: limits) } throws: {
        ($0 as? HTTPServiceError)?.status == .requestHeaderFieldsTooLarge
      }
    }
  }

  @Test func knowsWhenAConnectionStaysOpen() throws {
    #expect(try head("GET / HTTP/1.1\r\nHost: d\r\n\r\n").keepAlive)
    #expect(try !head("GET / HTTP/1.1\r\nHost: d\r\nConnection: Close\r\n\r\n").keepAlive)
    #expect(try !head("GET / HTTP/1.0\r\n\r\n").keepAlive)
    #expect(try head("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keepAlive)
    #expect(try head("POST / HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: TCP\r\n\r\n").upgrade == ["tcp"])
    #expect(try head("POST / HTTP/1.1\r\nHost: d\r\nUpgrade: tcp\r\n\r\n").upgrade == [])
  }
}
