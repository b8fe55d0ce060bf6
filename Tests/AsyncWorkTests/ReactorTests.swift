import AsyncWork
import Linux
import Testing

@Suite struct ReactorTests {
  @Test func readsWhenThereIsSomething() async throws {
    let reactor = try Reactor(name: "test-reactor")
    let (read, write) = try FileDescriptor.pipe(nonBlocking: true)
    async let bytes = reactor.read(read, upTo: 10)
    try write.writeAll([1, 2, 3])
    #expect(try await bytes == [1, 2, 3])
    write.close()
    #expect(try await reactor.read(read, upTo: 10).isEmpty)
  }

  @Test func writesMoreThanAPipeHolds() async throws {
    let reactor = try Reactor(name: "test-reactor")
    let (read, write) = try FileDescriptor.pipe(nonBlocking: true)
    let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    async let writing: Void = {
      try await reactor.write(write, sent)
      write.close()
    }()
    var received: [UInt8] = []
    while true {
      let part = try await reactor.read(read, upTo: 65536)
      if part.isEmpty { break }
      received += part
    }
    try await writing
    #expect(received == sent)
  }

  @Test func bothSidesOfASocketWaitAtOnce() async throws {
    let reactor = try Reactor(name: "test-reactor")
    let (a, b) = try Sockets.pair(.stream)
    let big = [UInt8](repeating: 7, count: 2_000_000)
    async let written: Void = reactor.write(a, big)
    async let answer = reactor.read(a, upTo: 10)
    try await reactor.write(b, [42])
    #expect(try await answer == [42])
    var count = 0
    while count < big.count { count += try await reactor.read(b, upTo: 1 << 20).count }
    try await written
    #expect(count == big.count)
  }

  @Test func cancellationEndsAWait() async throws {
    let reactor = try Reactor(name: "test-reactor")
    for _ in 0..<200 {
      let (read, write) = try FileDescriptor.pipe(nonBlocking: true)
      let task = Task { try await reactor.waitReadable(read) }
      await Task.yield()
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      // The descriptor can be waited for again.
      try write.writeAll([1])
      try await reactor.waitReadable(read)
    }
  }

  @Test func closedDescriptorIsAnError() async throws {
    let reactor = try Reactor(name: "test-reactor")
    let (read, _) = try FileDescriptor.pipe(nonBlocking: true)
    read.close()
    let error = await #expect(throws: SystemError.self) { try await reactor.waitReadable(read) }
    #expect(error?.code == .badDescriptor)
  }

  @Test func manyDescriptors() async throws {
    let reactor = try Reactor(name: "test-reactor")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        let (read, write) = try FileDescriptor.pipe(nonBlocking: true)
        group.addTask {
          for round in 0..<20 {
            let byte = UInt8(truncatingIfNeeded: number + round)
            async let seen = reactor.read(read, upTo: 1)
            try await reactor.write(write, [byte])
            #expect(try await seen == [byte])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
