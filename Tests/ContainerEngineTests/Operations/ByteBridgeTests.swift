import Synchronization
import Testing

@testable import ContainerEngine

@Suite struct ByteBridgeTests {
  private struct Broken: Error {}

  @Test func bytesReachTheThreadInOrder() async throws {
    let bytes = try InboundBytes()
    let sending = Task {
      for number in 0..<200 { guard await bytes.send([UInt8](repeating: UInt8(number), count: 100)) else { return } }
      bytes.end()
    }
    let total = try await OwnThread.run("test") {
      var total: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 33)
      while true {
        let count = try bytes.read(into: &buffer)
        if count == 0 { return total }
        total += buffer.prefix(count)
      }
    }
    await sending.value
    #expect(total == (0..<200).flatMap { [UInt8](repeating: UInt8($0), count: 100) })
  }

  @Test func senderIsToldWhenNobodyReadsOn() async throws {
    let bytes = try InboundBytes()
    let sending = Task {
      while await bytes.send([1]) {}
      return true
    }
    bytes.abandon()
    #expect(await sending.value)
  }

  @Test func sendersFailureReachesTheReader() async throws {
    let bytes = try InboundBytes()
    _ = await bytes.send([1, 2])
    bytes.end(Broken())
    await #expect(throws: Broken.self) {
      _ = try await OwnThread.run("test") {
        var buffer = [UInt8](repeating: 0, count: 8)
        while try bytes.read(into: &buffer) > 0 {}
        return 0
      }
    }
  }

  @Test func bytesReachTheReaderInOrder() async throws {
    let bytes = try OutboundBytes()
    let stream = bytes.stream
    let writing = Task {
      try await OwnThread.run("test") {
        for number in 0..<200 { try bytes.write([UInt8(number)]) }
        bytes.end()
        return 0
      }
    }
    var all: [UInt8] = []
    for try await piece in stream { all += piece }
    _ = try await writing.value
    #expect(all == (0..<200).map { UInt8($0) })
  }

  @Test func writerIsToldWhenTheReaderGoes() async throws {
    let bytes = try OutboundBytes()
    let writing: Task<Int, any Error>
    do {
      var stream: AsyncThrowingStream<[UInt8], any Error>? = bytes.stream
      writing = Task {
        try await OwnThread.run("test") {
          while true { try bytes.write([1]) }
        }
      }
      for try await _ in stream! { break }
      stream = nil
    }
    await #expect(throws: CancellationError.self) { _ = try await writing.value }
  }

  @Test func writersFailureComesAfterItsBytes() async throws {
    let bytes = try OutboundBytes()
    let stream = bytes.stream
    try bytes.write([5])
    bytes.end(Broken())
    var all: [UInt8] = []
    await #expect(throws: Broken.self) { for try await piece in stream { all += piece } }
    #expect(all == [5])
  }
}
