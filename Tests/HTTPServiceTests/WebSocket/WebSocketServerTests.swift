import NIOCore
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct WebSocketServerTests {
  private static let request = """
    GET / HTTP/1.1\r
    Host: d\r
    Connection: keep-alive, Upgrade\r
    Upgrade: websocket\r
    Sec-WebSocket-Version: 13\r
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r

    """

  /// Repeats every message; "fail" and "leave" end it.
  private let echo: Handler = { request in
    let options = WebSocketOptions(protocols: ["v5.channel.k8s.io", "v4.channel.k8s.io"], maximumMessageBytes: 10_000)
    return try .webSocket(request, options) { socket in
      while let message = try await socket.next() {
        if message.kind == .text, message.text == "fail" { throw HTTPServiceError(.internalFailure, "broken") }
        if message.kind == .text, message.text == "leave" { throw WebSocketClose(4001, "gone") }
        try await socket.send(message)
      }
    }
  }

  private func with(
    _ handler: Handler? = nil, fields: String = "",
    _ body: (RawClient, (head: String, rest: [UInt8])) async throws -> Void
  ) async throws {
    try await Fixture.with(handler: handler ?? echo) { fixture in
      let client = try await fixture.client()
      try await client.send(Self.request + fields + "\r\n")
      let answer = try await client.receiveHead()
      try await body(client, answer)
      try await client.close()
    }
  }

  @Test func shakesHandsAsTheStandardsExampleDoes() async throws {
    try await with { _, answer in
      #expect(answer.head.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
      #expect(answer.head.contains("\r\nUpgrade: websocket\r\n") && answer.head.contains("\r\nConnection: Upgrade\r\n"))
      #expect(answer.head.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
      #expect(!answer.head.contains("Sec-WebSocket-Protocol"))
    }
  }

  @Test func takesTheFirstProtocolThatItServes() async throws {
    let fields =
      "Sec-WebSocket-Protocol: v9.channel.k8s.io, v4.channel.k8s.io\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n"
    try await with(fields: fields) { _, answer in
      #expect(answer.head.contains("\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n"))
    }
    try await with(fields: "Sec-WebSocket-Protocol: other\r\n") { _, answer in
      #expect(answer.head.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
    }
  }

  @Test(arguments: [
    ("Upgrade: websocket", "Upgrade: tcp", "400"),
    ("GET", "POST", "400"),
    ("Connection: keep-alive, Upgrade", "Connection: keep-alive", "400"),
    ("dGhlIHNhbXBsZSBub25jZQ==", "c2hvcnQ=", "400"),
    ("dGhlIHNhbXBsZSBub25jZQ==", "not base64", "400"),
    ("Version: 13", "Version: 8", "426"),
  ])
  func refusesAHandshakeThatIsNone(part: String, other: String, status: String) async throws {
    try await Fixture.with(handler: echo) { fixture in
      let request = Self.request.replacing(part, with: other) + "\r\n"
      let client = try await fixture.client()
      try await client.send(request)
      let head = try await client.receive(until: "\r\n\r\n")
      #expect(head.hasPrefix("HTTP/1.1 \(status)"))
      if status == "426" { #expect(head.contains("\r\nSec-WebSocket-Version: 13\r\n")) }
      try await client.close()
    }
  }

  @Test func echoesMessagesAndAnswersPings() async throws {
    try await with { client, _ in
      try await client.send(bytes: ClientFrames.text("hello") + ClientFrames.frame(9, [7, 8]))
      #expect(try await client.receive(count: 11) == [0x81, 5] + Array("hello".utf8) + [0x8A, 2, 7, 8])
      let long = [UInt8](repeating: 3, count: 1000)
      try await client.send(bytes: ClientFrames.frame(2, long))
      #expect(try await client.receive(count: 1004) == [0x82, 126, 0x03, 0xE8] + long)
      try await client.send(bytes: ClientFrames.close(1000, "done"))
      #expect(try await client.receive(count: 100) == [0x88, 2, 0x03, 0xE8])
    }
  }

  /// What the connection is closed with after the client has sent `bytes`.
  private func closeCode(after bytes: [UInt8]) async throws -> UInt16? {
    var code: UInt16?
    try await with { client, _ in
      try await client.send(bytes: bytes)
      let answer = try await client.receive(count: 1000)
      guard answer.count >= 4, answer[0] == 0x88 else { return }
      code = UInt16(answer[2]) << 8 | UInt16(answer[3])
    }
    return code
  }

  @Test func closesWithTheReasonsCode() async throws {
    #expect(try await closeCode(after: ClientFrames.frame(1, [0xFF])) == 1007)
    #expect(try await closeCode(after: ClientFrames.frame(1, [0x61], mask: nil)) == 1002)
    #expect(try await closeCode(after: ClientFrames.frame(2, [UInt8](repeating: 0, count: 10_001))) == 1009)
    #expect(try await closeCode(after: ClientFrames.text("fail")) == 1011)
    #expect(try await closeCode(after: ClientFrames.text("leave")) == 4001)
  }

  @Test func aHandlerThatOnlySendsEndsWithItsClient() async throws {
    let ended = Signal()
    let handler: Handler = { request in
      try .webSocket(request, WebSocketOptions(receives: false)) { socket in
        try await socket.send(text: "event")
        do { try await Task.sleep(for: .seconds(3600)) } catch {
          ended.fire()
          throw error
        }
      }
    }
    try await with(handler) { client, answer in
      let event = answer.rest + (try await client.receive(count: 7 - answer.rest.count))
      #expect(event == [0x81, 5] + Array("event".utf8))
      // Dropped, answered, dropped.
      try await client.send(bytes: ClientFrames.text("ignored") + ClientFrames.frame(9) + ClientFrames.text("too"))
      #expect(try await client.receive(count: 2) == [0x8A, 0])
      try await client.send(bytes: ClientFrames.close(1001))
      #expect(try await client.receive(count: 100) == [0x88, 2, 0x03, 0xE9])
      try await ended.wait()
    }
  }

  @Test func shutdownSaysGoodbye() async throws {
    try await Fixture.with(handler: echo) { fixture in
      let client = try await fixture.client()
      try await client.send(Self.request + "\r\n")
      _ = try await client.receive(until: "\r\n\r\n")
      async let stopped: Void = fixture.server.shutdown(within: .seconds(30))
      let answer = try await client.receive(count: 1000)
      #expect(answer.prefix(4) == [0x88, 29, 0x03, 0xE9])
      try await client.close()
      await stopped
    }
  }
}
