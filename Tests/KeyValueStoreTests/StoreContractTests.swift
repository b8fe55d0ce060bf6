import KeyValueStore
import Testing

/// What every engine of the store must do with keys and revisions; run once per engine.
@Suite("Store contract", .serialized)
struct StoreContractTests {
  @Test(arguments: engines) func aValueComesBackWithItsRevisions(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      #expect(try await store.get("a") == nil)
      #expect(try await store.put("a", [1]) == base + 1)
      #expect(try await store.put("a", []) == base + 2)
      #expect(try await store.revision() == base + 2)
      #expect(
        try await store.get("a") == KeyValue(key: "a", value: [], createRevision: base + 1, modRevision: base + 2))
      #expect(try await store.delete("a") == base + 3)
      #expect(try await store.get("a") == nil)
      #expect(try await store.put("a", [0, 255]) == base + 4)
      #expect(try await store.get("a")?.createRevision == base + 4)
    }
  }

  @Test(arguments: engines) func aListHoldsExactlyThePrefixInTheOrderOfBytes(_ engine: Engine) async throws {
    try await engine.withStore { store in
      // The last two are one string to Swift, and two keys; U+10FFFF is the highest there is.
      let keys = ["b/2", "a", "b/10", "b0", "b/", "c/1", "b/\u{10FFFF}x", "b/\u{E9}", "b/e\u{301}"]
      for (number, key) in keys.enumerated() { try await store.put(key, [UInt8(number)]) }
      let listed = try await store.list(prefix: "b/")
      #expect(
        listed.map { Array($0.key.utf8) }
          == ["b/", "b/10", "b/2", "b/e\u{301}", "b/\u{E9}", "b/\u{10FFFF}x"].map { Array($0.utf8) })
      #expect(listed.map(\.value) == [[4], [2], [0], [8], [7], [6]])
      #expect(try await store.get("b/\u{E9}")?.value == [7])
      #expect(try await store.list(prefix: "zz").isEmpty)
      #expect(try await store.list(prefix: "").count == 9)
      #expect(try await store.count(prefix: "b/") == 6)
    }
  }

  @Test(arguments: engines) func aTransactionIsOneRevisionAndAllOrNothing(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      try await store.put("a", [1])
      #expect(try await store.commit([.put(key: "b", value: [2]), .delete(key: "a")]) == base + 2)
      #expect(try await store.get("a") == nil)
      let error = await fault { () throws(StoreError) in
        try await store.commit([.put(key: "c", value: [3])], where: [.modRevision(key: "b", equals: base + 1)])
      }
      #expect(error?.code == .conflict)
      #expect(try await store.get("c") == nil)
      #expect(try await store.revision() == base + 2)
    }
  }

  @Test(arguments: engines) func whoAsksToBeToldIsToldOnce(_ engine: Engine) async throws {
    try await engine.withStore { store in
      func told(_ mutations: [Mutation], _ conditions: [Precondition] = []) async -> Result<Int64, StoreError> {
        await withCheckedContinuation { continuation in
          store.commit(mutations, where: conditions, lease: nil) { continuation.resume(returning: $0) }
        }
      }
      let base = try await store.revision()
      #expect(try await told([.put(key: "a", value: [1])]).get() == base + 1)
      #expect(try await store.get("a")?.value == [1])
      let conflict = await told([.delete(key: "a")], [.modRevision(key: "a", equals: base)])
      #expect(throws: StoreError.self) { try conflict.get() }
      let twice = await told([.delete(key: "a"), .put(key: "a", value: [])])
      #expect(throws: StoreError.self) { try twice.get() }
      #expect(try await store.get("a")?.modRevision == base + 1)
    }
  }

  @Test(arguments: engines) func whatChangesNothingIsNoRevision(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.put("a", [1])
      #expect(try await store.delete("b") == base)
      #expect(try await store.commit([]) == base)
      #expect(try await store.commit([], where: [.modRevision(key: "a", equals: base)]) == base)
      #expect(try await store.commit([.delete(key: "b"), .delete(key: "a")]) == base + 1)
      #expect(try await store.delete("a") == base + 1)
    }
  }

  @Test(arguments: engines) func aConflictCarriesWhatIsThere(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let first = try await store.commit([.put(key: "a", value: [1])], where: [.modRevision(key: "a", equals: 0)])
      let second = try await store.put("a", [2])
      let there = KeyValue(key: "a", value: [2], createRevision: first, modRevision: second)
      for wrong in [Precondition.modRevision(key: "a", equals: first), .createRevision(key: "a", equals: second)] {
        let error = await fault { () throws(StoreError) in
          try await store.commit(
            [.delete(key: "a")],
            where: [.modRevision(key: "b", equals: 0), wrong, .modRevision(key: "a", equals: 9)])
        }
        #expect(error?.code == .conflict)
        #expect(error?.conflict == StoreConflict(precondition: wrong, current: there, revision: second))
      }
      let absent = await fault { () throws(StoreError) in
        try await store.commit([.put(key: "b", value: [])], where: [.createRevision(key: "b", equals: 1)])
      }
      #expect(absent?.conflict?.current == nil && absent?.conflict?.precondition.key == "b")
      try await store.commit(
        [.put(key: "b", value: [])],
        where: [
          .createRevision(key: "a", equals: first), .modRevision(key: "a", equals: second),
          .createRevision(key: "b", equals: 0),
        ])
      #expect(try await store.get("b")?.modRevision == second + 1)
    }
  }

  @Test(arguments: engines) func aKeyThatIsNamedTwiceIsRefused(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.put("a", [1])
      let error = await fault { () throws(StoreError) in
        try await store.commit([.put(key: "b", value: []), .put(key: "a", value: []), .delete(key: "b")])
      }
      #expect(error?.code == .invalid)
      #expect(try await store.revision() == base)
    }
  }

  @Test(arguments: engines) func pagesShowOneRevision(_ engine: Engine) async throws {
    try await engine.withStore { store in
      for number in 10..<35 { try await store.put("k/\(number)", [UInt8(number)]) }
      try await store.put("l", [])
      try await store.delete("k/20")
      var keys: [String] = []
      var page = try await store.range(prefix: "k/", after: nil, limit: 7, at: nil, counting: true)
      let revision = page.revision
      #expect(try await store.revision() == revision)
      var remaining = 24
      while true {
        keys += page.values.map(\.key)
        remaining -= page.values.count
        #expect(page.revision == revision && page.remaining == remaining)
        // What changes between the pages is not seen.
        _ = try await store.commit([
          .put(key: "k/\(keys.count)", value: []), .delete(key: "k/34"), .put(key: "k/15", value: [0]),
        ])
        guard let next = page.continuation else { break }
        page = try await store.range(prefix: "k/", after: next, limit: 7, at: revision, counting: true)
      }
      #expect(keys == (10..<35).filter { $0 != 20 }.map { "k/\($0)" })
      #expect(try await store.count(prefix: "k/", at: revision) == 24)
      #expect(try await store.range(prefix: "k/", limit: 24, at: revision).continuation == nil)
      #expect(try await store.range(prefix: "k/", after: "k/33", at: revision).values.map(\.key) == ["k/34"])
      // A page may begin before the prefix, and then begins with it.
      #expect(try await store.range(prefix: "k/", after: "a", limit: 1, at: revision).values.map(\.key) == ["k/10"])
      #expect(try await store.range(prefix: "k/", after: "z", at: revision).values.isEmpty)
    }
  }

  @Test(arguments: engines) func thePastIsReadUntilItIsCompacted(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      try await store.put("a", [1])
      try await store.put("b", [2])
      try await store.put("a", [3])
      try await store.delete("b")
      try await store.put("b", [5])
      if base > 0 { #expect(try await store.get("a", at: base) == nil) }
      #expect(try await store.get("a", at: base + 2)?.value == [1])
      #expect(try await store.get("b", at: base + 4) == nil)
      #expect(try await store.get("b", at: base + 3)?.modRevision == base + 2)
      #expect(try await store.range(prefix: "", at: base + 3).values.map(\.value) == [[3], [2]])
      let future = await fault { () throws(StoreError) in _ = try await store.get("a", at: base + 6) }
      #expect(future?.code == .future)

      try await store.compact(upTo: base + 4)
      #expect(try await store.get("a", at: base + 4)?.value == [3])
      #expect(try await store.range(prefix: "", at: base + 4).values.map(\.key) == ["a"])
      #expect(try await store.list(prefix: "").map(\.value) == [[3], [5]])
      for revision in [base + 1, base + 3] {
        let gone = await fault { () throws(StoreError) in _ = try await store.range(prefix: "", at: revision) }
        #expect(gone?.code == .compacted)
      }
      try await store.compact(upTo: base + 2)
      let early = await fault { () throws(StoreError) in try await store.compact(upTo: base + 9) }
      #expect(early?.code == .future)
      #expect(try await store.revision() == base + 5)
    }
  }

  @Test(arguments: engines) func concurrentWritesGetDifferentRevisions(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      let revisions = try await withThrowingTaskGroup(of: Int64.self) { group in
        for number in 0..<200 { group.addTask { try await store.put("k\(number)", [UInt8(number % 256)]) } }
        return try await group.reduce(into: [Int64]()) { $0.append($1) }
      }
      #expect(Set(revisions) == Set(base + 1...base + 200))
      #expect(try await store.list(prefix: "k").count == 200)
    }
  }

  @Test(arguments: engines) func largeValuesComeBackWhole(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let large = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
      try await store.put("large", large)
      try await store.put("/registry/pods/default/a\u{0}b", [1])
      #expect(try await store.get("large")?.value == large)
      #expect(try await store.list(prefix: "/registry/").map(\.key) == ["/registry/pods/default/a\u{0}b"])
    }
  }

  @Test(arguments: engines) func aClosedStoreRefuses(_ engine: Engine) async throws {
    try await engine.withStore { store in
      await store.close()
      #expect(await fault { () throws(StoreError) in try await store.put("a", [1]) }?.code == .closed)
      #expect(await fault { () throws(StoreError) in _ = try await store.get("a") }?.code == .closed)
      #expect(await fault { () throws(StoreError) in _ = try await store.revision() }?.code == .closed)
      await store.close()
    }
  }
}
