import Synchronization

/// A store that forgets: for tests, and for what need not outlive the process.
public final class MemoryStore: KeyValueStore {
  private struct State {
    var revision: Int64 = 0
    var values: [String: KeyValue] = [:]
    var closed = false
  }
  private let state = Mutex(State())

  public init() {}

  public func revision() async throws(StoreError) -> Int64 { state.withLock { $0.revision } }

  public func get(_ key: String) async throws(StoreError) -> KeyValue? { state.withLock { $0.values[key] } }

  public func list(prefix: String) async throws(StoreError) -> [KeyValue] {
    state.withLock { state in
      state.values.values.filter { $0.key.hasPrefix(prefix) }.sorted {
        $0.key.utf8.lexicographicallyPrecedes($1.key.utf8)
      }
    }
  }

  public func commit(_ mutations: [Mutation], where preconditions: [Precondition]) async throws(StoreError) -> Int64 {
    let result: Result<Int64, StoreError> = state.withLock { state in
      if state.closed { return .failure(StoreError(.closed, "the store is closed")) }
      for precondition in preconditions {
        let current = state.values[precondition.key]
        guard precondition.holds(for: current) else {
          return .failure(
            StoreConflict(precondition: precondition, current: current, revision: state.revision).error)
        }
      }
      if mutations.isEmpty { return .success(state.revision) }
      state.revision += 1
      for mutation in mutations {
        switch mutation {
        case .put(let key, let value):
          state.values[key] = KeyValue(
            key: key, value: value, createRevision: state.values[key]?.createRevision ?? state.revision,
            modRevision: state.revision)
        case .delete(let key): state.values[key] = nil
        }
      }
      return .success(state.revision)
    }
    return try result.get()
  }

  public func close() async { state.withLock { $0.closed = true } }
}
