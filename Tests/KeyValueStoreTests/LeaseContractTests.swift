import KeyValueStore
import Testing

/// What every engine of the store must do with leases; run once per engine.
@Suite("Lease contract", .serialized)
struct LeaseContractTests {
  @Test(arguments: engines) func aKeyGoesWithItsLease(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let lease = try await store.grantLease(seconds: 3600)
      #expect(lease.timeToLive >= 3600)
      let base = try await store.commit(
        [.put(key: "a", value: [1]), .put(key: "b", value: [1])], where: [], lease: lease)
      try await store.put("c", [1])
      #expect(try await store.get("a")?.lease == lease.id)
      try await store.keepAlive(lease)
      // Put again with another lease, or with none, a key outlives the first.
      let other = try await store.grantLease(seconds: 3600)
      try await store.commit([.put(key: "d", value: [2])], where: [], lease: lease)
      try await store.commit([.put(key: "a", value: [2])], where: [], lease: other)
      try await store.put("d", [3])
      #expect(try await store.get("d")?.lease == 0)
      let watch = store.watch(prefix: "", from: base + 5)
      try await store.revoke(lease)
      #expect(try await store.list(prefix: "").map(\.key) == ["a", "c", "d"])
      try await store.revoke(lease)
      try await store.revoke(other)
      #expect(try await store.list(prefix: "").map(\.key) == ["c", "d"])
      let batches = try await watch.next(2)
      #expect(batches.map { $0.events.map(\.key) } == [["b"], ["a"]])
      #expect(batches.map { $0.events.map(\.previous?.value) } == [[[1]], [[2]]])
      watch.cancel()
      for end in [
        await fault { () throws(StoreError) in try await store.keepAlive(lease) },
        await fault { () throws(StoreError) in
          try await store.commit([.put(key: "e", value: [])], where: [], lease: lease)
        },
      ] { #expect(end?.code == .leaseGone) }
      #expect(try await store.get("e") == nil)
    }
  }

  @Test(arguments: engines) func aLeaseThatIsNotKeptAliveEnds(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let kept = try await store.grantLease(seconds: 3600)
      let lease = try await store.grantLease(seconds: 1)
      let base = try await store.commit(
        [.put(key: "a", value: [1]), .put(key: "b", value: [2])], where: [], lease: lease)
      try await store.commit([.put(key: "c", value: [])], where: [], lease: kept)
      let watch = store.watch(prefix: "", from: base + 2)
      let batches = try await watch.next(1)
      watch.cancel()
      #expect(batches.map(\.revision) == [base + 2])
      #expect(Set(batches.flatMap { $0.events.map(\.key) }) == ["a", "b"])
      #expect(batches.allSatisfy { $0.events.allSatisfy { $0.current == nil && $0.previous != nil } })
      #expect(await fault { () throws(StoreError) in try await store.keepAlive(lease) }?.code == .leaseGone)
      #expect(try await store.list(prefix: "").map(\.key) == ["c"])
    }
  }
}
