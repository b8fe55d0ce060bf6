import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(1))) struct OutboundDeadlineTests {
  @Test("an answer that stays away is given up, and what reads it ends")
  func silence() async throws {
    let (answer, continuation) = AsyncStream.makeStream(of: Void.self)
    let (ends, end) = AsyncStream.makeStream(of: Void.self)
    continuation.onTermination = { _ in end.finish() }
    let error = await #expect(throws: OutboundError.self) {
      try await OutboundClient.within(.milliseconds(1)) { for await _ in answer {} }
    }
    #expect(error?.code == .late)
    for await _ in ends {}
  }

  @Test("what comes in time is what is given")
  func answer() async throws {
    #expect(try await OutboundClient.within(.seconds(3600)) { 7 } == 7)
  }
}
