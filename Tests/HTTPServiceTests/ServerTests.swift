import NIOCore
import Synchronization
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct ServerTests {
  private let echo: Handler = { request in
    switch request.path {
    case "/echo": return Response(.ok, bytes: try await request.body.collect(upTo: 1000))
    case "/ignore": return Response(.ok, text: "ignored")
    case "/empty": return Response(.noContent)
    case "/lines":
      return .stream { writer in for line in ["one\n", "two\n", "three\n"] { try await writer.write(line) } }
    case "/sized": return .stream(headers: ["Content-Length": "3"]) { try await $0.write("abc") }
    case "/lies": return .stream(headers: ["Content-Length": "3"]) { try await $0.write("abcd") }
    case "/breaks":
      return .stream { writer in
        try await writer.write("first")
        throw HTTPServiceError(.internalFailure, "broken")
      }
    case "/fails": return .stream { _ in throw HTTPServiceError(.notFound, "no such thing") }
    case "/inject": return Response(.ok, headers: ["X-Name": "a\r\nEvil: 1", "Bad Name": "x"])
    default: throw HTTPServiceError(.notFound, "page not found")
    }
  }

  @Test func servesSeveralRequestsOnOneConnection() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let client = try await fixture.client()
      for number in 0..<5 {
        try await client.send("POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\n\r\n\(number)")
        let answer = try await client.receive(until: "\r\n\r\n\(number)")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains("Content-Length: 1\r\n"))
      }
      try await client.close()
    }
  }

  @Test func answersPipelinedRequestsInOrder() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let request = { (text: String) in
        "POST /echo HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\(text)\r\n0\r\n\r\n"
      }
      let last = "POST /echo HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: 1\r\n\r\nz"
      let ten = (0..<10).map { request("\($0)") }.joined()
      let answer = try await fixture.exchange(ten + last)
      let bodies = answer.split(separator: "HTTP/1.1 200 OK\r\n").compactMap { $0.last }
      #expect(String(bodies) == "0123456789z")
      #expect(answer.contains("Connection: close"))
    }
  }

  @Test func aHandlerEndsTheConnection() async throws {
    let handler: Handler = { request in
      let headers: Headers = ["Connection": "close"]
      guard request.path == "/stream" else { return Response(.tooManyRequests, headers: headers, bytes: "go".utf8) }
      return .stream(headers: headers) { try await $0.write("on") }
    }
    try await Fixture.with(handler: handler) { fixture in
      for (path, end) in [("/whole", "go"), ("/stream", "2\r\non\r\n0\r\n\r\n")] {
        // Ends only where the server closes: the client keeps its side open.
        let answer = try await fixture.exchange("GET \(path) HTTP/1.1\r\nHost: d\r\n\r\n")
        #expect(answer.contains("\r\nConnection: close\r\n") && answer.hasSuffix("\r\n\r\n" + end))
      }
    }
  }

  @Test func answersAClientThatClosesItsSideEarly() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let client = try await fixture.client()
      let requests = (0..<3).map { "POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\n\r\n\($0)" }
      try await client.send(requests.joined())
      try await client.closeWrite()
      let answer = try await client.receiveToEnd()
      #expect(answer.split(separator: "HTTP/1.1 200 OK").count == 3)
    }
  }

  @Test func streamsInChunks() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let answer = try await fixture.exchange("GET /lines HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("Transfer-Encoding: chunked\r\n") && !answer.contains("Content-Length"))
      #expect(answer.hasSuffix("\r\n\r\n4\r\none\n\r\n4\r\ntwo\n\r\n6\r\nthree\n\r\n0\r\n\r\n"))
      let old = try await fixture.exchange("GET /lines HTTP/1.0\r\n\r\n")
      #expect(old.hasPrefix("HTTP/1.0 200 OK") && old.hasSuffix("\r\n\r\none\ntwo\nthree\n"))
      let sized = try await fixture.exchange("GET /sized HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(sized.contains("Content-Length: 3\r\n") && sized.hasSuffix("\r\n\r\nabc"))
    }
  }

  @Test func anErrorBeforeTheFirstByteIsAWholeResponse() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let fails = try await fixture.exchange("GET /fails HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(fails.hasPrefix("HTTP/1.1 404 Not Found") && fails.hasSuffix("no such thing\n"))
      let breaks = try await fixture.exchange("GET /breaks HTTP/1.1\r\nHost: d\r\n\r\n")
      #expect(breaks.hasSuffix("5\r\nfirst\r\n"), "a broken stream has no regular end")
      let lies = try await fixture.exchange("GET /lies HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(lies.hasPrefix("HTTP/1.1 500"))
    }
  }

  @Test func answersHeadWithoutABody() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let answer = try await fixture.exchange("HEAD /ignore HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("Content-Length: 7\r\n") && answer.hasSuffix("\r\n\r\n"))
      let stream = try await fixture.exchange("HEAD /lines HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(stream.hasPrefix("HTTP/1.1 200 OK") && stream.hasSuffix("\r\n\r\n"))
      let empty = try await fixture.exchange("GET /empty HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(empty.hasPrefix("HTTP/1.1 204 No Content") && !empty.contains("Content-Length"))
    }
  }

  @Test func headersCannotBeInjected() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let answer = try await fixture.exchange("GET /inject HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(answer.contains("X-Name: a  Evil: 1\r\n") && !answer.contains("Bad Name"))
    }
  }

  @Test func skipsABodyThatNobodyReads() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let body = String(repeating: "x", count: 100_000)
      let ignored = "POST /ignore HTTP/1.1\r\nHost: d\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
      let answer = try await fixture.exchange(ignored + "GET /ignore HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(answer.split(separator: "HTTP/1.1 200 OK").count == 2)
    }
  }

  @Test func closesRatherThanReadAHugeBodyForNothing() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let client = try await fixture.client()
      try await client.send("POST /ignore HTTP/1.1\r\nHost: d\r\nContent-Length: 1000000000\r\n\r\nx")
      let answer = try await client.receiveToEnd()
      #expect(answer.contains("Connection: close") && answer.hasSuffix("ignored"))
    }
  }

  @Test func limitsABody() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let declared = try await fixture.exchange(
        "POST /echo HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: 1001\r\n\r\n")
      #expect(declared.hasPrefix("HTTP/1.1 413"))
      let chunked = try await fixture.exchange(
        "POST /echo HTTP/1.1\r\nHost: d\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
          + String(repeating: "x", count: 1001) + "\r\n")
      #expect(chunked.hasPrefix("HTTP/1.1 413"))
    }
    var router = Router()
    router.post("/small", options: .init(bodyLimit: 3)) { Response(.ok, bytes: try await $0.body.collect(upTo: 100)) }
    try await Fixture.with(handler: router.handle) { fixture in
      let answer = try await fixture.exchange(
        "POST /small HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: 4\r\n\r\nabcd")
      #expect(answer.hasPrefix("HTTP/1.1 413"))
    }
  }

  @Test func saysContinueOnlyToAHandlerThatReads() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let client = try await fixture.client()
      try await client.send("POST /echo HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      #expect(try await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      try await client.send("hi")
      #expect(try await client.receive(until: "\r\n\r\nhi").hasPrefix("HTTP/1.1 200 OK"))
      try await client.close()
      let answer = try await fixture.exchange(
        "POST /ignore HTTP/1.1\r\nHost: d\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.contains("Connection: close"))
    }
  }

  @Test(arguments: [
    ("garbage\r\n\r\n", "400"), ("GET /%zz HTTP/1.1\r\nHost: d\r\n\r\n", "400"),
    ("GET / HTTP/3.0\r\nHost: d\r\n\r\n", "505"),
    ("POST /echo HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"),
  ])
  func refusesAndCloses(text: String, status: String) async throws {
    try await Fixture.with(handler: echo) { fixture in
      let answer = try await fixture.exchange(text)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
      let after = try await fixture.exchange("GET /ignore HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      #expect(after.hasSuffix("ignored"), "the server goes on")
    }
  }

  @Test func refusesAHugeHeader() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let huge = String(repeating: "a", count: 70_000)
      let answer = try await fixture.exchange("GET / HTTP/1.1\r\nHost: d\r\nX: \(huge)\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 431 "))
    }
  }

  @Test func aClientThatLeavesCancelsTheHandler() async throws {
    for sendsBody in [false, true] {
      let started = Signal()
      let cancelled = Signal()
      let handler: Handler = { request in
        started.fire()
        return try await withTaskCancellationHandler {
          do {
            if sendsBody { _ = try await request.body.collect(upTo: 1000) }
          } catch {
            // The body's end can be told a moment before the cancellation; either way the handler knows.
            cancelled.fire()
            throw error
          }
          try await Task.sleep(for: .seconds(60))
          return Response(.ok)
        } onCancel: {
          cancelled.fire()
        }
      }
      try await Fixture.with(handler: handler) { fixture in
        let client = try await fixture.client()
        try await client.send("POST /wait HTTP/1.1\r\nHost: d\r\nContent-Length: \(sendsBody ? 5 : 0)\r\n\r\n")
        try await started.wait()
        try await client.close()
        try await cancelled.wait()
      }
    }
  }

  @Test func aTCPClientThatLeavesCancelsAStream() async throws {
    let cancelled = Signal()
    let server = HTTPServer { _ in
      .stream { writer in
        try await writer.start()
        try await withTaskCancellationHandler {
          try await Task.sleep(for: .seconds(60))
        } onCancel: {
          cancelled.fire()
        }
      }
    }
    let port = try #require(try await server.listen(on: .tcp(host: "127.0.0.1", port: 0)))
    let client = try await RawClient(port: port)
    try await client.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
    _ = try await client.receive(until: "\r\n\r\n")
    try await client.close()
    try await cancelled.wait()
    await server.shutdown(within: .seconds(1))
  }

  @Test func closesConnectionsThatDoNothing() async throws {
    try await Fixture.with(
      configuration: ServerConfiguration(idleTimeout: .milliseconds(500)), handler: echo
    ) { fixture in
      let client = try await fixture.client()
      // On a busy machine the time is over before this is sent.
      do { try await client.send("GET /ign") } catch {}
      #expect(try await client.receiveToEnd() == "")
    }
  }

  @Test func closesConnectionsBeyondTheLimit() async throws {
    try await Fixture.with(configuration: ServerConfiguration(maximumConnections: 1), handler: echo) { fixture in
      let first = try await fixture.client()
      try await first.send("GET /ignore HTTP/1.1\r\nHost: d\r\n\r\n")
      _ = try await first.receive(until: "ignored")
      let second = try await fixture.client()
      #expect(try await second.receiveToEnd() == "")
      try await first.close()
    }
  }
}
