import NIOCore
import Testing

@testable import HTTPService

/// Handlers that start on the event loop: what holds for the others holds for them.
@Suite(.timeLimit(.minutes(1))) struct EventLoopHandlerTests {
  private let configuration = ServerConfiguration(threads: 2, handlersStartOnEventLoop: true)

  private let handler: Handler = { request in
    switch request.path {
    case "/echo": return Response(.ok, bytes: try await request.body.collect(upTo: 1 << 20))
    case "/away":
      await Task.yield()
      return Response(.ok, text: "away")
    case "/lines":
      return .stream { writer in for line in ["one\n", "two\n", "three\n"] { try await writer.write(line) } }
    case "/attach":
      return .takeover { connection in
        try await connection.write("attached ".utf8)
        for try await bytes in connection { try await connection.write(bytes) }
      }
    case "/fails": throw HTTPServiceError(.notFound, "no such thing")
    default: return Response(.ok, text: request.path)
    }
  }

  /// Thousands of answers from one buffer must not call each other.
  @Test func answersManyPipelinedRequests() async throws {
    let count = 5000
    try await Fixture.with(configuration: configuration, handler: handler) { fixture in
      let requests = (0..<count).map { number in
        switch number % 4 {
        case 0: "GET /\(number) HTTP/1.1\r\nHost: d\r\n\r\n"
        case 1: "POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 4\r\n\r\nbody"
        case 2: "GET /away HTTP/1.1\r\nHost: d\r\n\r\n"
        default: "GET /fails HTTP/1.1\r\nHost: d\r\n\r\n"
        }
      }
      let last = "GET /last HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n"
      let answer = try await fixture.exchange(requests.joined() + last)
      let bodies = answer.split(separator: "HTTP/1.1 ").map { $0.split(separator: "\r\n\r\n", maxSplits: 1).last ?? "" }
      let expected = (0..<count).map { ["/\($0)", "body", "away", "no such thing\n"][$0 % 4] } + ["/last"]
      #expect(bodies.map { String($0) } == expected)
    }
  }

  @Test func streamsAndTakesOver() async throws {
    try await Fixture.with(configuration: configuration, handler: handler) { fixture in
      let client = try await fixture.client()
      try await client.send("GET /lines HTTP/1.1\r\nHost: d\r\n\r\n")
      let lines = try await client.receive(until: "0\r\n\r\n")
      #expect(lines.hasSuffix("4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n"))
      try await client.send("POST /attach HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly")
      #expect(try await client.receive(until: "attached early").hasSuffix("\r\n\r\nattached early"))
      try await client.send(" late")
      #expect(try await client.receive(until: "late") == " late")
      try await client.closeWrite()
      #expect(try await client.receiveToEnd() == "")
      try await client.close()
    }
  }

  @Test func waitsForABodyThatComesLater() async throws {
    try await Fixture.with(configuration: configuration, handler: handler) { fixture in
      let client = try await fixture.client()
      let body = String(repeating: "0123456789", count: 20_000)
      try await client.send(
        "POST /echo HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
      try await client.send(body)
      let answer = try await client.receiveToEnd()
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix(body))
      try await client.close()
    }
  }

  @Test func servesHTTP2() async throws {
    try await TLSFixture.with(configuration: configuration, handler: handler) { fixture in
      let client = try await fixture.http2()
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<200 { group.addTask { try await client.get("/\(number)") == ("200", "/\(number)") } }
        for try await right in group { #expect(right) }
      }
      let lines = try await client.get("/lines")
      #expect(lines == ("200", "one\ntwo\nthree\n"))
      let post = try await client.request("POST", "/echo", ends: false)
      try await post.send("hello", ends: true)
      #expect(try await post.body() == "hello")
      try await client.close()
    }
  }
}
