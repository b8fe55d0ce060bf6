import KeyValueStore
import Linux
import Testing

/// What every engine of the store must do; run once per engine.
@Suite("Store contract", .serialized)
struct StoreContractTests {
  enum Engine: String, CaseIterable, Sendable { case memory, sqlite }

  private func withStore(_ engine: Engine, _ body: (any KeyValueStore) async throws -> Void) async throws {
    switch engine {
    case .memory: try await body(MemoryStore())
    case .sqlite:
      try await withTemporaryDirectory { directory in
        let store = try await SQLiteStore(path: directory + "/store.db")
        try await body(store)
        await store.close()
      }
    }
  }

  @Test(arguments: Engine.allCases) func aValueComesBackWithItsRevisions(_ engine: Engine) async throws {
    try await withStore(engine) { (store: any KeyValueStore) async throws in
      #expect(try await store.revision() == 0)
      #expect(try await store.get("a") == nil)
      #expect(try await store.put("a", [1]) == 1)
      #expect(try await store.put("a", [2]) == 2)
      #expect(
        try await store.get("a") == KeyValue(key: "a", value: [2], createRevision: 1, modRevision: 2))
    }
  }

  @Test(arguments: Engine.allCases) func aListHoldsExactlyThePrefixInOrder(_ engine: Engine) async throws {
    try await withStore(engine) { (store: any KeyValueStore) async throws in
      for key in ["b/2", "a", "b/10", "b0", "b/", "c/1", "b/é"] { try await store.put(key, [0]) }
      #expect(try await store.list(prefix: "b/").map(\.key) == ["b/", "b/10", "b/2", "b/é"])
      #expect(try await store.list(prefix: "zz").isEmpty)
      #expect(try await store.list(prefix: "").count == 7)
    }
  }

  @Test(arguments: Engine.allCases) func aTransactionIsOneRevisionAndAllOrNothing(_ engine: Engine) async throws {
    try await withStore(engine) { (store: any KeyValueStore) async throws in
      try await store.put("a", [1])
      #expect(try await store.commit([.put(key: "b", value: [2]), .delete(key: "a")]) == 2)
      #expect(try await store.get("a") == nil)
      let error = await #expect(throws: StoreError.self) {
        try await store.commit(
          [.put(key: "c", value: [3])], where: [.modRevision(key: "b", equals: 1)])
      }
      #expect(error?.code == .conflict)
      #expect(try await store.get("c") == nil)
      #expect(try await store.revision() == 2)
      // Absent keys have revision 0.
      try await store.commit([.put(key: "c", value: [3])], where: [.modRevision(key: "c", equals: 0)])
      #expect(try await store.get("c")?.value == [3])
    }
  }

  @Test(arguments: Engine.allCases) func concurrentWritesGetDifferentRevisions(_ engine: Engine) async throws {
    try await withStore(engine) { (store: any KeyValueStore) async throws in
      let revisions = try await withThrowingTaskGroup(of: Int64.self) { group in
        for number in 0..<200 { group.addTask { try await store.put("k\(number)", [UInt8(number % 256)]) } }
        return try await group.reduce(into: [Int64]()) { $0.append($1) }
      }
      #expect(Set(revisions) == Set(1...200))
      #expect(try await store.list(prefix: "k").count == 200)
    }
  }

  @Test(arguments: Engine.allCases) func aClosedStoreRefusesWrites(_ engine: Engine) async throws {
    try await withStore(engine) { (store: any KeyValueStore) async throws in
      await store.close()
      let error = await #expect(throws: StoreError.self) { try await store.put("a", [1]) }
      #expect(error?.code == .closed)
    }
  }

  @Test func sqliteKeepsWhatItAcknowledged() async throws {
    try await withTemporaryDirectory { directory in
      let first = try await SQLiteStore(path: directory + "/store.db")
      try await first.put("a", Array(repeating: 7, count: 100_000))
      try await first.put("empty", [])
      await first.close()
      let second = try await SQLiteStore(path: directory + "/store.db")
      #expect(try await second.get("a")?.value.count == 100_000)
      #expect(try await second.get("empty")?.value == [])
      #expect(try await second.put("b", []) == 3)
      await second.close()
    }
  }

  @Test func aFileThatIsNoDatabaseIsRefused() async throws {
    try await withTemporaryDirectory { directory in
      try FileSystem.write(directory + "/store.db", Array(repeating: UInt8(ascii: "x"), count: 8192))
      let error = await #expect(throws: StoreError.self) {
        _ = try await SQLiteStore(path: directory + "/store.db")
      }
      #expect(error?.code == .damaged)
    }
  }
}

func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
  let path = "/tmp/apus-test-\(UInt64.random(in: 0 ... .max))"
  try FileSystem.makeDirectory(path, mode: 0o700)
  do { try await body(path) } catch {
    try FileSystem.removeTree(path)
    throw error
  }
  try FileSystem.removeTree(path)
}
