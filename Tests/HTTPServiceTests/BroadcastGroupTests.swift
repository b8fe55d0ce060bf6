import NIOCore
import Synchronization
import Testing

@testable import HTTPService

/// What a group is sent reaches all of its members, in its place among what each is sent alone.
@Suite(.timeLimit(.minutes(1))) struct BroadcastGroupTests {
  /// A group as its users have it: calls follow each other.
  private final class Room: Sendable {
    let group = BroadcastGroup()
    private let targets = Mutex<[Broadcast.Target]>([])
    /// How many are in it, each time that changes.
    private let counts = AsyncStream.makeStream(of: Int.self)
    let slow = Signal()
    let written = Mutex<[Int]>([])

    var count: Int { targets.withLock { $0.count } }

    /// Waits until so many are in it, or have been since it was asked last.
    func has(_ count: Int) async { for await found in counts.stream where found == count { return } }

    func enter(_ target: Broadcast.Target) {
      targets.withLock { targets in
        targets.append(target)
        group.add(target) { [slow] in slow.fire() }
        counts.continuation.yield(targets.count)
      }
    }

    func leave(_ target: Broadcast.Target) {
      targets.withLock { targets in
        targets.removeAll { $0.stream === target.stream }
        group.remove(target)
        counts.continuation.yield(targets.count)
      }
    }

    func send(_ text: String) { targets.withLock { _ in group.send(ByteBuffer(string: text)) } }

    /// Whoever asks is in the group until it is asked to leave.
    func handler(_ leave: Signal, endsWithServer: Bool = true) -> Handler {
      { [self] request in
        guard request.path == "/group" else { return Response(.ok, text: "well") }
        return .stream(endsWithServer: endsWithServer) { [self] writer in
          try await writer.write("before ")
          let target = try #require(writer.broadcastTarget)
          enter(target)
          defer { written.withLock { $0.append(writer.written) } }
          do { try await leave.wait() } catch {
            self.leave(target)
            throw error
          }
          self.leave(target)
          try await writer.write("after")
        }
      }
    }
  }

  /// - Parameter endsWithServer: whether the DATA of HTTP/2 go past NIO.
  @Test(arguments: [true, false]) func everyMember(endsWithServer: Bool) async throws {
    let (room, leave) = (Room(), Signal())
    try await TLSFixture.with(handler: room.handler(leave, endsWithServer: endsWithServer)) { fixture in
      let clients = [try await fixture.http2(), try await fixture.http2()]
      var streams: [HTTP2Client.Stream] = []
      for client in clients { for _ in 0..<3 { streams.append(try await client.request("GET", "/group")) } }
      let old = try await fixture.client(protocols: [])
      try await old.send("GET /group HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n")
      await room.has(7)
      room.send("one ")
      room.send("")
      room.send("two ")
      // One that goes takes nothing with it.
      try await streams[0].reset()
      await room.has(6)
      room.send("three ")
      leave.fire()
      for stream in streams.dropFirst() { #expect(try await stream.body() == "before one two three after") }
      let text = try await old.receiveToEnd()
      #expect(text.hasSuffix("7\r\nbefore \r\n4\r\none \r\n4\r\ntwo \r\n6\r\nthree \r\n5\r\nafter\r\n0\r\n\r\n"))
      #expect(room.count == 0)
      room.send("nobody")
      for client in clients { try await client.close() }
      try await old.close()
    }
    #expect(room.written.withLock { $0.sorted() } == [15] + Array(repeating: 26, count: 6))
  }

  /// A client that does not read is named, what it is sent until then waits, and the others have it.
  @Test func aSlowMember() async throws {
    let (room, leave) = (Room(), Signal())
    try await TLSFixture.with(handler: room.handler(leave)) { fixture in
      let client = try await fixture.http2()
      let slow = try await client.request("GET", "/group", reads: false)
      let other = try await client.request("GET", "/group")
      await room.has(2)
      let piece = String(repeating: "x", count: 40_000)
      // More than the window of 65,535 bytes and what may wait.
      for _ in 0..<20 { room.send(piece) }
      try await room.slow.wait()
      leave.fire()
      #expect(try await other.body().utf8.count == 12 + 20 * piece.utf8.count)
      try await slow.channel.setOption(.autoRead, value: true).get()
      slow.channel.read()
      #expect(try await slow.body().utf8.count == 12 + 20 * piece.utf8.count)
      try await client.close()
    }
  }
}
