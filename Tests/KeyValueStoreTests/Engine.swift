import Linux
import Testing

@testable import KeyValueStore

/// The engines that the contract is tested with.
enum Engine: String, CaseIterable, Sendable {
  case memory, sqlite, etcd

  /// Etcd may be missing: tests that need it say so.
  var isThere: Bool { self != .etcd || EtcdServer.isThere }

  /// Runs `body` with an empty store.
  func withStore(_ body: (any RevisionedStore) async throws -> Void) async throws {
    switch self {
    case .memory: try await Self.closing(MemoryStore(capacity: Self.capacity), body)
    case .sqlite:
      try await withTemporaryDirectory { directory in
        let store = try await SQLiteStore(
          path: directory + "/store.db", past: .untilCompacted, capacity: Self.capacity)
        try await Self.closing(store, body)
      }
    case .etcd:
      try await EtcdServer.with { server in try await Self.closing(EtcdStore(try server.location), body) }
    }
  }

  /// Few events in memory, so that watches read from the table too.
  private static let capacity = EventLog.Capacity(revisions: 8, bytes: 1 << 20)

  private static func closing(
    _ store: any RevisionedStore, _ body: (any RevisionedStore) async throws -> Void
  ) async throws {
    do { try await body(store) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }
}

/// The engines of a contract test: etcd where it is installed.
let engines = Engine.allCases.filter(\.isThere)

/// Shows what is missing from `engines`.
@Test(.enabled(if: EtcdServer.isThere, "etcd is missing: install etcd-server"))
func theContractIsTestedWithEtcd() { #expect(engines.count == Engine.allCases.count) }

func withTemporaryDirectory(_ body: (String) async throws -> Void) async throws {
  let path = "/tmp/apus-test-\(UInt64.random(in: 0 ... .max))"
  try FileSystem.makeDirectory(path, mode: 0o700)
  do { try await body(path) } catch {
    try FileSystem.removeTree(path)
    throw error
  }
  try FileSystem.removeTree(path)
}

/// The error that `body` ends with.
func fault(_ body: () async throws(StoreError) -> Void) async -> StoreError? {
  do throws(StoreError) { try await body() } catch { return error }
  Issue.record("nothing was refused")
  return nil
}

extension StoreWatch {
  /// The next batches, until `count` were told.
  func next(_ count: Int) async throws -> [WatchBatch] {
    var batches: [WatchBatch] = []
    var iterator = makeAsyncIterator()
    while batches.count < count, let batch = try await iterator.next() { batches.append(batch) }
    return batches
  }
}
