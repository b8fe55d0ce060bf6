import AsyncWork
import Linux
import Testing

@Suite struct BlockingPoolTests {
  @Test func blockedThreadsDoNotBlockOthers() async throws {
    let pool = try BlockingPool(name: "test-pool", limit: 4)
    let gate = try WakeUp()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<3 {
        group.addTask {
          try await pool.run {
            gate.wait()
            return number
          }
        }
      }
      // Three are blocked; the fourth serves everybody else.
      for number in 0..<100 { #expect(try await pool.run { number } == number) }
      for _ in 0..<3 { gate.signal() }
      var seen: Set<Int> = []
      for try await number in group { seen.insert(number) }
      #expect(seen == [0, 1, 2])
    }
  }

  @Test func neverMoreThreadsThanTheLimit() async throws {
    let pool = try BlockingPool(name: "test-pool", limit: 3)
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<300 {
        group.addTask {
          do {
            try await pool.run {
              counter.enter()
              _ = try FileSystem.read("/proc/self/stat")
              counter.leave()
            }
          } catch { Issue.record(error) }
        }
      }
    }
    #expect(counter.total == 300)
    #expect(counter.most <= 3)
  }

  @Test func errorsComeBack() async throws {
    let pool = try BlockingPool(name: "test-pool")
    let error = await #expect(throws: SystemError.self) { try await pool.run { try FileSystem.read("/nonexistent") } }
    #expect(error?.code == .noEntry)
  }
}
