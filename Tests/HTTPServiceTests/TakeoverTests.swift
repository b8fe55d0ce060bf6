import NIOCore
import Synchronization
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct TakeoverTests {
  private static let type = "application/vnd.docker.raw-stream"

  /// Answers what comes in, says when it ends, and goes on after that.
  private let handler: Handler = { request in
    let start = try await request.body.collect(upTo: 1000)
    return .takeover(headers: ["Content-Type": type]) { connection in
      try await connection.write("[\(connection.upgrade ?? "none") \(String(decoding: start, as: UTF8.self))]".utf8)
      for try await bytes in connection { try await connection.write(bytes) }
      try await connection.write("[end of input]".utf8)
    }
  }

  private let upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n"

  @Test func switchesProtocolsAfterABody() async throws {
    try await Fixture.with(handler: handler) { fixture in
      let client = try await fixture.client()
      try await client.send("POST /exec/1/start HTTP/1.1\r\nHost: d\r\n\(upgrade)Content-Length: 2\r\n\r\n{}")
      let head = try await client.receive(until: "[tcp {}]")
      #expect(
        head
          == "HTTP/1.1 101 UPGRADED\r\nContent-Type: \(Self.type)\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n[tcp {}]"
      )
      try await client.send("hello")
      #expect(try await client.receive(until: "hello") == "hello")
      try await client.closeWrite()
      #expect(try await client.receiveToEnd() == "[end of input]")
    }
  }

  @Test func servesAClientThatDoesNotAskToSwitch() async throws {
    try await Fixture.with(handler: handler) { fixture in
      let client = try await fixture.client()
      try await client.send("POST /containers/1/attach HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\nearly bytes\r\n")
      let answer = try await client.receive(until: "early bytes\r\n")
      #expect(answer == "HTTP/1.1 200 OK\r\nContent-Type: \(Self.type)\r\n\r\n[none ]early bytes\r\n")
      try await client.closeWrite()
      #expect(try await client.receiveToEnd() == "[end of input]")
    }
  }

  @Test func keepsBytesAndEndThatCameBeforeTheSwitch() async throws {
    let go = Signal()
    let inner = handler
    try await Fixture.with { request in
      try await go.wait()
      return try await inner(request)
    } _: { fixture in
      let client = try await fixture.client()
      try await client.send("POST / HTTP/1.1\r\nHost: d\r\n\(upgrade)\r\n")
      try await client.send("standard ")
      try await client.send("input")
      try await client.closeWrite()
      go.fire()
      #expect(try await client.receiveToEnd().hasSuffix("[tcp ]standard input[end of input]"))
    }
  }

  @Test func outputMayEndFirst() async throws {
    let received = Mutex("")
    let done = Signal()
    try await Fixture.with { _ in
      .takeover { connection in
        try await connection.write("all".utf8)
        try await connection.closeWrite()
        for try await bytes in connection { received.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
        done.fire()
      }
    } _: { fixture in
      let client = try await fixture.client()
      try await client.send("POST / HTTP/1.1\r\nHost: d\r\n\(upgrade)\r\n")
      #expect(try await client.receiveToEnd().hasSuffix("\r\n\r\nall"))
      try await client.send("still heard")
      try await client.closeWrite()
      try await done.wait()
      #expect(received.withLock { $0 } == "still heard")
    }
  }

  @Test func everythingWrittenArrivesBeforeTheEnd() async throws {
    let count = 8 << 20
    try await Fixture.with { _ in
      .takeover { connection in
        for _ in 0..<(count >> 16) { try await connection.write([UInt8](repeating: 0x61, count: 65_536)) }
      }
    } _: { fixture in
      let client = try await fixture.client()
      // Input that nobody reads must not turn the end into a reset that overtakes the output.
      try await client.send("POST / HTTP/1.1\r\nHost: d\r\n\(upgrade)\r\n" + String(repeating: "x", count: 10_000))
      let answer = try await client.receiveToEnd()
      #expect(answer.utf8.count(where: { $0 == 0x61 }) >= count)
    }
  }

  @Test func aClientThatVanishesEndsBothDirections() async throws {
    let ended = Signal()
    try await Fixture.with { _ in
      .takeover { connection in
        try await connection.write("go".utf8)
        do {
          for try await _ in connection {}
          while true { try await connection.write([UInt8](repeating: 0, count: 65_536)) }
        } catch {
          ended.fire()
        }
      }
    } _: { fixture in
      let client = try await fixture.client()
      try await client.send("POST / HTTP/1.1\r\nHost: d\r\n\(upgrade)\r\n")
      _ = try await client.receive(until: "go")
      try await client.close()
      try await ended.wait()
    }
  }

  @Test func anErrorBeforeTheSwitchIsAPlainResponse() async throws {
    try await Fixture.with { _ in
      throw HTTPServiceError(.notFound, "no such container")
    } _: { fixture in
      let client = try await fixture.client()
      try await client.send("POST / HTTP/1.1\r\nHost: d\r\n\(upgrade)\r\n")
      #expect(try await client.receive(until: "container\n").hasPrefix("HTTP/1.1 404 Not Found\r\n"))
      try await client.close()
    }
  }
}
