import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

/// One lease is for all that is written for a while.
@Suite struct LeasePoolTests {
  private final class Clock: Sendable {
    private let time = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { time.withLock { $0 } }
    func pass(_ duration: Duration) { time.withLock { $0 += duration } }
  }

  @Test func aLeaseIsUsedForAWhile() async throws {
    let (store, clock) = (MemoryStore(), Clock())
    let pool = LeasePool(store, lifetime: .seconds(3600)) { clock.now }
    let first = try await pool.lease()
    // The last one that gets it has its whole time.
    #expect(first.timeToLive == 3660)
    clock.pass(.seconds(59))
    #expect(try await pool.lease() == first)
    clock.pass(.seconds(2))
    let second = try await pool.lease()
    #expect(second != first)
    #expect(try await pool.lease() == second)
    await pool.forget(first)
    #expect(try await pool.lease() == second)
    await pool.forget(second)
    #expect(try await pool.lease() != second)
    await store.close()
  }

  @Test func aLeaseIsForSoManyObjects() async throws {
    let store = MemoryStore()
    let clock = Clock()
    let pool = LeasePool(store, lifetime: .seconds(10)) { clock.now }
    let first = try await pool.lease()
    #expect(first.timeToLive == 11)
    for _ in 1..<1000 { #expect(try await pool.lease() == first) }
    #expect(try await pool.lease() != first)
    await store.close()
  }
}
