import APIMachinery
import KeyValueStore
import Synchronization
import Testing

@testable import APIServer

@Suite(.timeLimit(.minutes(1))) struct ClusterStoreTests {
  private static let prefix = "/registry/configmaps/"

  private static func object(_ name: String, data: String = "") -> StoredObject {
    StoredObject([
      "kind": "ConfigMap", "apiVersion": "v1", "metadata": ["name": .string(name), "uid": "u"],
      "data": ["x": .string(data)],
    ])
  }

  private func with(_ body: (_ raw: MemoryStore, _ store: ClusterStore) async throws -> Void) async throws {
    let raw = MemoryStore()
    let store = try await ClusterStore(raw) { Issue.record($0) }
    try await body(raw, store)
    await store.close()
  }

  @Test func whoeverWritesIsSeen() async throws {
    try await with { raw, store in
      let cache = store.cache(of: Self.prefix)
      let (key, mine) = ("\(Self.prefix)n/a", Self.object("a", data: "mine"))
      let revision = try await store.commit(
        [.put(key: key, value: mine.bytes)], where: [], putting: (key, mine))
      let first = try #require(cache.get(key))
      #expect(first.revision == revision && first.object.bytes == mine.bytes && first.name == "a")
      // What it is told that it writes is not what the store has: that counts which came.
      let others = Self.object("a", data: "others")
      _ = try await store.commit(
        [.put(key: key, value: others.bytes)], where: [], putting: (key, mine))
      #expect(cache.get(key)?.object.bytes == others.bytes)
      try await raw.put(key, mine.bytes)
      try await store.settle()
      #expect(cache.get(key)?.object.bytes == mine.bytes)
    }
  }

  @Test func aWriteThatFailsIsNone() async throws {
    try await with { _, store in
      let (key, object) = ("\(Self.prefix)n/a", Self.object("a"))
      await #expect(throws: StoreError.self) {
        try await store.commit(
          [.put(key: key, value: object.bytes)], where: [.modRevision(key: key, equals: 7)],
          putting: (key, object))
      }
      #expect(store.cache(of: Self.prefix).get(key) == nil)
    }
  }

  @Test func whoWantsNoMoreIsToldNoMore() async throws {
    try await with { raw, store in
      let told = Mutex<[String: [String]]>([:])
      func observe(_ name: String, _ prefixes: Set<String>?, most: Int) {
        store.observe(prefixes) { changes in
          told.withLock { told in
            told[name, default: []] += changes.compactMap { $0.current?.header.name }
            return told[name, default: []].count < most
          }
        }
      }
      observe("all", nil, most: .max)
      observe("once", [Self.prefix], most: 1)
      observe("these", [Self.prefix, "/registry/other/"], most: .max)
      observe("others", ["/registry/secrets/"], most: .max)
      for name in ["a", "b"] { try await raw.put("\(Self.prefix)n/\(name)", Self.object(name).bytes) }
      try await raw.put("/registry/secrets/n/c", Self.object("c").bytes)
      try await store.settle()
      // One who comes later is told what is there already.
      observe("late", [Self.prefix], most: .max)
      try await raw.put("\(Self.prefix)n/d", Self.object("d").bytes)
      try await store.settle()
      let all = told.withLock { $0 }
      #expect(all["all"] == ["a", "b", "c", "d"] && all["once"] == ["a"] && all["these"] == ["a", "b", "d"])
      #expect(all["others"] == ["c"] && all["late"]?.sorted() == ["a", "b", "d"])
    }
  }

  @Test func theGateAnswersOnceWhateverComesFirst() async throws {
    let gate = RevisionGate()
    let answers = Mutex<[String]>([])
    func ask(_ name: String, _ revision: Int64) {
      gate.whenOpen(to: revision) { answer in
        switch answer {
        case .success: answers.withLock { $0.append(name) }
        case .failure: answers.withLock { $0.append("no \(name)") }
        }
      }
    }
    gate.open(to: 2)
    ask("past", 1)
    ask("three", 3)
    ask("four", 4)
    gate.open(to: 3)
    #expect(answers.withLock { $0 } == ["past", "three"])
    let waiting = Task { try await gate.wait(for: 9) }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    gate.fail(StoreError(.failed, "over"))
    ask("five", 5)
    ask("again", 3)
    #expect(answers.withLock { $0 } == ["past", "three", "no four", "no five", "again"])
  }
}
