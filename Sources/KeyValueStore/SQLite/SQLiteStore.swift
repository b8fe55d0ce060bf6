import AsyncWork
import Synchronization

/// The embedded store: SQLite in WAL mode with full synchronisation.
///
/// Writes are group-committed: all that arrive while the disk is busy go into the next transaction together, with one
/// fsync for all of them. One owned thread holds the connection, so nothing here waits for a lock.
public final class SQLiteStore: KeyValueStore {
  private struct Waiting: Sendable {
    let mutations: [Mutation]
    let preconditions: [Precondition]
    let continuation: CheckedContinuation<Result<Int64, StoreError>, Never>
  }
  private struct State {
    var queue: [Waiting] = []
    var scheduled = false
    var closed = false
  }
  private let thread: OwnedThread
  private let connection: SQLiteConnection
  private let state = Mutex(State())

  /// Opens or makes the database at `path`.
  public init(path: String) async throws(StoreError) {
    do {
      let thread = try OwnedThread(name: "apus-store")
      self.thread = thread
      connection = try await thread.run { try SQLiteConnection(path: path) }
    } catch let error as StoreError { throw error } catch {
      throw StoreError(.failed, "cannot open the store \(path): \(error)", cause: error)
    }
  }

  public func revision() async throws(StoreError) -> Int64 { try await read { try $0.revision() } }

  public func get(_ key: String) async throws(StoreError) -> KeyValue? { try await read { try $0.get(key) } }

  public func list(prefix: String) async throws(StoreError) -> [KeyValue] {
    try await read { try $0.list(prefix: prefix) }
  }

  public func commit(_ mutations: [Mutation], where preconditions: [Precondition]) async throws(StoreError) -> Int64 {
    let result = await withCheckedContinuation { continuation in
      let (closed, schedule) = state.withLock { state in
        if state.closed { return (true, false) }
        state.queue.append(Waiting(mutations: mutations, preconditions: preconditions, continuation: continuation))
        let schedule = !state.scheduled
        state.scheduled = true
        return (false, schedule)
      }
      if closed { continuation.resume(returning: .failure(StoreError(.closed, "the store is closed"))) }
      if schedule { thread.submit { [self] in commitQueued() } }
    }
    return try result.get()
  }

  public func close() async {
    let first = state.withLock { state in
      let first = !state.closed
      state.closed = true
      return first
    }
    guard first else { return }
    thread.submit { [self] in
      commitQueued()
      connection.close()
    }
    do { try await thread.run {} } catch { return }
    thread.stop()
  }

  private func read<Value: Sendable>(
    _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
  ) async throws(StoreError) -> Value {
    do { return try await thread.run { [connection] in try body(connection) } } catch let error as StoreError {
      throw error
    } catch { throw StoreError(.failed, "\(error)", cause: error) }
  }

  /// On the owned thread: everything that queued up goes to disk as one transaction. A write whose precondition fails
  /// is answered alone and disturbs nobody; a disk that fails fails all of them, and none is applied.
  private func commitQueued() {
    let batch = state.withLock { state in
      let batch = state.queue
      state.queue = []
      state.scheduled = false
      return batch
    }
    if batch.isEmpty { return }
    var results: [Result<Int64, StoreError>] = []
    do {
      try connection.begin()
      for waiting in batch {
        do { results.append(.success(try connection.apply(waiting.mutations, where: waiting.preconditions))) } catch let
          error as StoreError where error.code == .conflict
        {
          results.append(.failure(error))
        }
      }
      try connection.commit()
    } catch {
      connection.rollback()
      let failure = error as? StoreError ?? StoreError(.failed, "\(error)", cause: error)
      results = batch.map { _ in .failure(failure) }
    }
    for (waiting, result) in zip(batch, results) { waiting.continuation.resume(returning: result) }
  }
}
