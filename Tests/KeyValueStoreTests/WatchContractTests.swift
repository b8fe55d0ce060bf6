import KeyValueStore
import Testing

/// What every engine of the store must tell its watches; run once per engine.
@Suite("Watch contract", .serialized)
struct WatchContractTests {
  private func event(_ key: String, _ revision: Int64, _ current: KeyValue?, _ previous: KeyValue?) -> StoreEvent {
    StoreEvent(key: key, revision: revision, current: current, previous: previous)
  }

  private func value(_ key: String, _ bytes: [UInt8], _ created: Int64, _ modified: Int64) -> KeyValue {
    KeyValue(key: key, value: bytes, createRevision: created, modRevision: modified)
  }

  @Test(arguments: engines) func eachRevisionIsOneBatchWithWhatWasThereBefore(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      let watch = store.watch(prefix: "k/", from: base + 1)
      let all = store.watch(prefix: "", from: base + 1)
      try await store.put("k/a", [1])
      try await store.put("other", [])
      _ = try await store.commit([
        .put(key: "k/b", value: [3]), .put(key: "z", value: []), .put(key: "k/a", value: [4]),
      ])
      try await store.delete("k/a")
      try await store.put("k/a", [5])
      let batches = try await watch.next(4)
      #expect(batches.map(\.revision) == [base + 1, base + 3, base + 4, base + 5])
      let first = value("k/a", [1], base + 1, base + 1)
      let second = value("k/a", [4], base + 1, base + 3)
      #expect(batches[0].events == [event("k/a", base + 1, first, nil)])
      #expect(
        batches[1].events == [
          event("k/b", base + 3, value("k/b", [3], base + 3, base + 3), nil), event("k/a", base + 3, second, first),
        ])
      #expect(batches[2].events == [event("k/a", base + 4, nil, second)])
      #expect(batches[3].events == [event("k/a", base + 5, value("k/a", [5], base + 5, base + 5), nil)])
      #expect(try await all.next(5).map(\.events.count) == [1, 1, 3, 1, 1])
      watch.cancel()
      #expect(try await watch.next(1).isEmpty)
    }
  }

  @Test(arguments: engines) func thePastIsToldBeforeThePresent(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      for number in 0..<100 { try await store.put("k/\(number % 10)", [UInt8(number)]) }
      // From the middle, while more comes.
      let watch = store.watch(prefix: "k/", from: base + 31)
      let writing = Task { for number in 100..<150 { try await store.put("k/\(number % 10)", [UInt8(number)]) } }
      let batches = try await watch.next(120)
      try await writing.value
      #expect(batches.map(\.revision) == Array(base + 31...base + 150))
      for (batch, number) in zip(batches, 30...) {
        #expect(batch.events.map { $0.current?.value } == [[UInt8(number)]])
        #expect(batch.events[0].previous?.value == [UInt8(number - 10)])
      }
      watch.cancel()
    }
  }

  @Test(arguments: engines) func aWatchWaitsForARevisionToCome(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      let watch = store.watch(prefix: "", from: base + 3)
      let reading = Task { try await watch.next(1) }
      for number in 0..<5 { try await store.put("k", [UInt8(number)]) }
      #expect(try await reading.value.map(\.revision) == [base + 3])
      watch.cancel()
    }
  }

  @Test(arguments: engines) func manyReadersSeeTheSame(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      let seen = try await withThrowingTaskGroup(of: [Int64].self) { group in
        for reader in 0..<6 {
          group.addTask {
            let watch = store.watch(prefix: reader % 2 == 0 ? "" : "k/", from: base + 1)
            defer { watch.cancel() }
            return try await watch.next(60).map(\.revision)
          }
        }
        group.addTask {
          try await withThrowingTaskGroup(of: Void.self) { writers in
            for number in 0..<60 { writers.addTask { try await store.put("k/\(number)", []) } }
            try await writers.waitForAll()
          }
          return Array(base + 1...base + 60)
        }
        return try await group.reduce(into: [[Int64]]()) { $0.append($1) }
      }
      #expect(Set(seen) == [Array(base + 1...base + 60)])
    }
  }

  @Test(arguments: engines) func aStartThatIsCompactedIsRefused(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      for number in 0..<20 { try await store.put("k", [UInt8(number)]) }
      try await store.delete("k")
      try await store.put("k", [99])
      try await store.compact(upTo: base + 15)
      let error = await fault { () throws(StoreError) in
        var iterator = store.watch(prefix: "k", from: base + 14).makeAsyncIterator()
        _ = try await iterator.next()
      }
      #expect(error?.code == .compacted)
      // What is after it still has what was there before.
      let watch = store.watch(prefix: "k", from: base + 16)
      let batches = try await watch.next(7)
      #expect(batches.map(\.revision) == Array(base + 16...base + 22))
      #expect(batches.map { $0.events[0].previous?.value } == [[14], [15], [16], [17], [18], [19], nil])
      watch.cancel()
    }
  }

  /// One that reads more slowly than the store forgets costs no memory, and is told. (Etcd's stream is read ahead.)
  @Test(arguments: [Engine.memory, .sqlite]) func aReaderThatIsTooSlowIsTold(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let watch = store.watch(prefix: "", from: 1)
      for number in 0..<10 { try await store.put("k", [UInt8(number)]) }
      #expect(try await watch.next(1).map(\.revision) == [1])
      for number in 0..<100 { try await store.put("k", [UInt8(number)]) }
      try await store.compact(upTo: 90)
      var told: [Int64] = []
      let error = await fault { () throws(StoreError) in
        var iterator = watch.makeAsyncIterator()
        while let batch = try await iterator.next() { told.append(batch.revision) }
      }
      #expect(error?.code == .compacted)
      // What was read before the compaction may be told still, but without gaps.
      #expect(told == Array(Int64(2)..<Int64(2 + told.count)))
    }
  }

  @Test(arguments: engines) func theEndOfTheStoreEndsItsWatches(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      let watch = store.watch(prefix: "", from: base + 1)
      let reading = Task { () async -> StoreError? in
        await fault { () throws(StoreError) in
          var iterator = watch.makeAsyncIterator()
          while try await iterator.next() != nil {}
        }
      }
      try await store.put("a", [])
      await store.close()
      #expect(await reading.value?.code == .closed)
    }
  }

  @Test(arguments: engines) func aCancelledReaderIsLetGo(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let base = try await store.revision()
      let watch = store.watch(prefix: "", from: base + 1)
      let reading = Task { try await watch.next(2) }
      try await store.put("a", [])
      reading.cancel()
      #expect(try await reading.value.count <= 1)
    }
  }

  /// Debian's etcd cannot be relied on when it is asked for marks, and is not asked.
  @Test(arguments: [Engine.memory, .sqlite]) func progressIsToldAfterEverythingElse(_ engine: Engine) async throws {
    try await engine.withStore { store in
      let watch = store.watch(prefix: "k/", from: 1)
      for number in 0..<30 { try await store.put("k/\(number)", []) }
      try await store.put("other", [])
      watch.requestProgress()
      let batches = try await watch.next(31)
      #expect(batches.map(\.revision) == Array(1...31))
      #expect(batches.map(\.isProgress) == Array(repeating: false, count: 30) + [true])
      // One who waits is told at once.
      let reading = Task { try await watch.next(1) }
      try await store.put("other", [])
      watch.requestProgress()
      #expect(try await reading.value.allSatisfy { $0.isProgress && $0.revision >= 31 })
    }
  }
}
