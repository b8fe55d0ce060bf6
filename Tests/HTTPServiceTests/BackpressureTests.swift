import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import HTTPService

@Suite(.timeLimit(.minutes(1))) struct BackpressureTests {
  @Test func aReaderThatWaitsStopsTheSender() async throws {
    let go = Signal()
    let total = 64 << 20
    let handler: Handler = { request in
      try await go.wait()
      var count = 0
      for try await bytes in request.body.buffers { count += bytes.readableBytes }
      return Response(.ok, text: "\(count)")
    }
    try await Fixture.with(handler: handler) { fixture in
      let client = try await fixture.client()
      try await client.send("POST / HTTP/1.1\r\nHost: d\r\nConnection: close\r\nContent-Length: \(total)\r\n\r\n")
      let piece = [UInt8](repeating: 1, count: 65_536)
      var sent: [EventLoopFuture<Void>] = []
      let taken = Mutex(0)
      for _ in 0..<(total / piece.count) {
        let future = client.queue(bytes: piece)
        future.whenSuccess { taken.withLock { $0 += 1 } }
        sent.append(future)
      }
      // The first piece has passed, so the rest has been tried as well: the socket's buffers and ours hold a few.
      try await sent[0].get()
      for _ in 0..<1000 { await Task.yield() }
      #expect(taken.withLock { $0 } < 64)
      go.fire()
      #expect(try await client.receiveToEnd().hasSuffix("\r\n\r\n\(total)"))
    }
  }

  @Test func aClientThatDoesNotReadStopsTheWriter() async throws {
    let written = Mutex(0)
    let stopped = Signal()
    let handler: Handler = { _ in
      .stream { writer in
        do {
          let piece = [UInt8](repeating: 1, count: 65_536)
          for _ in 0..<10_000 {
            try await writer.write(piece)
            written.withLock { $0 += piece.count }
          }
        } catch {
          stopped.fire()
          throw error
        }
      }
    }
    try await Fixture.with(handler: handler) { fixture in
      let silent = try await ClientThatNeverReads(fixture.path)
      try await silent.send("GET / HTTP/1.1\r\nHost: d\r\n\r\n")
      var last = -1
      while last <= 0 || written.withLock({ $0 }) != last {
        last = written.withLock { $0 }
        try await Task.sleep(for: .milliseconds(50))
      }
      #expect(last < 16 << 20)
      try await silent.close()
      try await stopped.wait()
    }
  }

  @Test func aTaskThatIsCancelledStopsWaiting() async throws {
    let inbound = InboundStream(demand: {})
    let reader = Task { try await inbound.next() }
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    let outbound = OutboundStream(on: MultiThreadedEventLoopGroup.singleton.any(), drain: {}, send: { _ in })
    let writer = Task { try await outbound.write(ByteBuffer(repeating: 0, count: 1 << 20)) }
    writer.cancel()
    await #expect(throws: CancellationError.self) { try await writer.value }
    outbound.close()
    await #expect(throws: HTTPServiceError.self) { try await outbound.write(ByteBuffer(string: "x")) }
  }

  @Test func aPausedStreamAsksOnce() async throws {
    let demands = Mutex(0)
    let stream = InboundStream { demands.withLock { $0 += 1 } }
    let piece = ByteBuffer(repeating: 0, count: InboundStream.highWater / 4)
    for _ in 0..<4 { stream.append(piece) }
    #expect(!stream.wantsMore())
    for _ in 0..<4 { _ = try await stream.next() }
    #expect(demands.withLock { $0 } == 1)
    #expect(stream.wantsMore())
  }
}
