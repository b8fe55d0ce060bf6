import AsyncWork
import Testing

@Suite struct AsyncLockTests {
  @Test func onlyOneAtATimeAcrossSuspensions() async {
    let lock = AsyncLock()
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<100 {
        group.addTask {
          await lock.withLock {
            counter.enter()
            await Task.yield()
            counter.leave()
          }
        }
      }
    }
    #expect(counter.most == 1 && counter.total == 100)
  }

  @Test func errorsLetGo() async throws {
    struct Failure: Error {}
    let lock = AsyncLock()
    await #expect(throws: Failure.self) { try await lock.withLock { throw Failure() } }
    #expect(await lock.withLock { 1 } == 1)
  }
}
