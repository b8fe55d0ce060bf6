import Testing

@testable import APIServer

@Suite struct SeatGateTests {
  private func gate(seats: Int, wait: Duration = .seconds(60), length: Int64 = 1000) throws -> (SeatGate, slot: Int) {
    let gate = SeatGate(seats: seats, longestWait: wait)
    let slots = gate.configure([SeatAllocationTests.level("only", shares: 1, length: length)])
    return (gate, try #require(slots["only"]))
  }

  @Test func nobodyIsForgotten() async throws {
    let (gate, slot) = try gate(seats: 3)
    let served = await withTaskGroup(of: Int.self) { group in
      for number in 0..<500 {
        group.addTask {
          guard let seat = try? await gate.take(slot, width: 1, flow: { UInt64(number) }) else { return 0 }
          await Task.yield()
          gate.give(back: seat)
          return 1
        }
      }
      return await group.reduce(0, +)
    }
    #expect(served == 500)
    #expect(gate.levels[slot].inUse == 0 && gate.levels[slot].waiting == 0)
  }

  @Test func aTaskThatIsCancelledWaitsNoLonger() async throws {
    let (gate, slot) = try gate(seats: 1)
    let seat = try await gate.take(slot, width: 1) { 0 }
    let waiting = Task { try await gate.take(slot, width: 1) { 1 } }
    while gate.levels[slot].waiting == 0 { await Task.yield() }
    waiting.cancel()
    await #expect(throws: SeatGate.Rejection(why: .cancelled, retryAfter: 1)) { try await waiting.value }
    #expect(gate.levels[slot].waiting == 0)
    gate.give(back: seat)
  }

  @Test func nobodyWaitsForever() async throws {
    let (gate, slot) = try gate(seats: 1, wait: .milliseconds(5))
    let seat = try await gate.take(slot, width: 1) { 0 }
    for _ in 0..<3 {
      let error = await #expect(throws: SeatGate.Rejection.self) { try await gate.take(slot, width: 1) { 1 } }
      #expect(error?.why == .timeOut)
    }
    gate.give(back: seat)
    gate.give(back: try await gate.take(slot, width: 1) { 0 })
  }
}
