import NIOCore
import Synchronization
import Testing

@testable import HTTPService

/// Streams with and without an end on one connection, for a client with small windows: they never send more than it takes,
/// whatever it gives back and when, and all that was written arrives.
@Suite(.timeLimit(.minutes(1))) struct HTTP2WindowsTests {
  private typealias Frames = HTTP2Frames

  /// Whom a window update concerns, and how a client keeps the account.
  private struct Account {
    let size: Int
    /// After how many bytes it gives them back: half of the window at most.
    let threshold: Int
    var left: Int
    var unread = 0

    init(_ size: Int) {
      (self.size, left) = (size, size)
      threshold = Int.random(in: 1...size / 2)
    }

    mutating func take(_ count: Int) {
      left -= count
      unread += count
    }

    /// What the client gives back now, if it does.
    mutating func giveBack() -> UInt32? {
      guard unread >= threshold else { return nil }
      defer { unread = 0 }
      left += unread
      return UInt32(unread)
    }
  }

  private static let watches: ClosedRange<UInt32> = 0...5
  private static let lists: ClosedRange<UInt32> = 6...8

  private static func text(_ stream: UInt32, _ count: Int) -> String {
    String(String(repeating: "stream \(stream), ", count: count / 10).prefix(count))
  }

  private static let handler: Handler = { request in
    let number = UInt32(request.path.dropFirst()) ?? 0
    let text = Self.text(number, 90_000)
    guard Self.watches.contains(number) else { return Response(.ok, text: text) }
    // Those that end are in no broadcasts, and go out the same way.
    return .stream(endsWithServer: !number.isMultiple(of: 3)) { writer in
      try await writer.start()
      var rest = text[...]
      while !rest.isEmpty {
        let piece = rest.prefix(.random(in: 1...30_000))
        rest = rest.dropFirst(piece.count)
        var taken = false
        if let target = writer.broadcastTarget {
          Broadcast.send { taken = $0.offer(ByteBuffer(substring: piece), to: target) }
        }
        if !taken { try await writer.write(buffer: ByteBuffer(substring: piece)) }
      }
    }
  }

  @Test(arguments: 0..<12) func windowsAreKept(round: Int) async throws {
    try await TLSFixture.with(handler: Self.handler) { fixture in
      let client = try await fixture.client(protocols: ["h2"])
      var connection = Account(65_535)
      let size = [2_000, 16_384, 65_535, 200_000].randomElement().map { $0 + Int.random(in: 0...100) } ?? 0
      var streams: [UInt32: Account] = [:]
      var texts: [UInt32: String] = [:]
      var ended: Set<UInt32> = []
      var bytes =
        Frames.preface + Frames.frame(4, [0, 4] + Frames.number(UInt32(size)))
      for number in Self.watches.lowerBound...Self.lists.upperBound {
        let id = 2 * number + 1
        bytes += try Frames.get("/\(number)", stream: id)
        // Some allow more at once, before there is anything.
        let more = Bool.random() ? Int.random(in: 1...50_000) : 0
        if more > 0 { bytes += Frames.frame(8, stream: id, Frames.number(UInt32(more))) }
        streams[id] = Account(size + more)
      }
      try await client.send(bytes: bytes)
      var received: [UInt8] = []
      while ended.count < streams.count {
        let more = try await client.receive(count: 1)
        try #require(!more.isEmpty, "the server has closed the connection")
        received += more
        var answer: [UInt8] = []
        var start = 0
        while let header = FrameHeader(ByteBuffer(bytes: received[start...].prefix(9)), at: 0),
          start + 9 + header.length <= received.count
        {
          let payload = received[(start + 9)..<(start + 9 + header.length)]
          start += 9 + header.length
          try #require(header.kind != 3 && header.kind != 7, "RST_STREAM or GOAWAY")
          guard header.kind == FrameHeader.Kind.data else { continue }
          let id = header.stream
          texts[id, default: ""] += String(decoding: payload, as: UTF8.self)
          if header.flags & FrameHeader.endStream != 0 { ended.insert(id) }
          connection.take(header.length)
          try #require(connection.left >= 0, "more than the connection's window")
          streams[id]?.take(header.length)
          let left = streams[id]?.left ?? -1
          try #require(left >= 0, "more than the stream's window")
        }
        if let given = connection.giveBack() { answer += Frames.frame(8, Frames.number(given)) }
        for id in streams.keys where !ended.contains(id) {
          if let given = streams[id]?.giveBack() { answer += Frames.frame(8, stream: id, Frames.number(given)) }
        }
        received.removeFirst(start)
        if !answer.isEmpty { try await client.send(bytes: answer) }
      }
      for id in streams.keys { #expect(texts[id] == Self.text((id - 1) / 2, 90_000)) }
      try await client.close()
    }
  }

  /// The end of a body is not lost, and nothing else, where a client makes a window less than nothing before it is sent.
  @Test(arguments: [false, true]) func aWindowOfLessThanNothing(hasLength: Bool) async throws {
    let text = String(repeating: "x", count: 65_535)
    let handler: Handler = { request in
      guard request.path == "/text" else { return Response(.ok, text: "well") }
      return .stream(headers: hasLength ? ["Content-Length": "65535"] : [:]) { try await $0.write(text) }
    }
    try await TLSFixture.with(handler: handler) { fixture in
      let client = try await fixture.client(protocols: ["h2"])
      // The stream's window is larger than the connection's, which the body leaves empty.
      try await client.send(
        bytes: Frames.preface + Frames.frame(4, [0, 4] + Frames.number(1 << 20)) + (try Frames.get("/text", stream: 1)))
      var received: [UInt8] = []
      func count() -> Int { Frames.find(0, in: received).reduce(0) { $0 + $1.payload.count } }
      while count() < text.utf8.count { received += try await client.receive(count: 1) }
      // Time for an end that has to wait for the connection's window.
      try await client.send(bytes: Frames.frame(6, Array("12345678".utf8)))
      while Frames.find(6, in: received).isEmpty { received += try await client.receive(count: 1) }
      try await client.send(
        bytes: Frames.frame(4, [0, 4] + Frames.number(0)) + Frames.frame(8, Frames.number(1))
          + (try Frames.get("/", stream: 3)))
      while Frames.find(1, in: received).count < 2 { received += try await client.receive(count: 1) }
      #expect(count() == text.utf8.count)
      try await client.close()
      // The server has outlived it.
      let other = try await fixture.http2()
      #expect(try await other.get("/") == ("200", "well"))
      try await other.close()
    }
  }

  /// NIO keeps the account of a length that was promised, so nothing of it goes past NIO; the connection outlives it.
  @Test func aStreamWithoutEndThatPromisesALength() async throws {
    let handler: Handler = { _ in
      .stream(headers: ["Content-Length": "10"], endsWithServer: true) { writer in
        try await writer.start()
        #expect(writer.broadcastTarget == nil)
        try await writer.write("hello")
        try await writer.write("world")
      }
    }
    try await TLSFixture.with(handler: handler) { fixture in
      let client = try await fixture.http2()
      for _ in 0..<2 { #expect(try await client.get("/") == ("200", "helloworld")) }
      try await client.close()
    }
  }
}
