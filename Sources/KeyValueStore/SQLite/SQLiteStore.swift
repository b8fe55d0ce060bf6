import AsyncWork
import Linux
import Synchronization

/// The embedded store: SQLite in WAL mode with full synchronisation.
///
/// The file holds a log of versions, one row each, with an index of the keys. Writes are group-committed: all that
/// arrive while the disk is busy go into the next transaction together, with one fsync for all of them. One owned
/// thread writes, one reads; neither waits for the other. Watches are fed from memory after the fsync, and from the
/// log where they are behind. One process at a time has the file open.
public final class SQLiteStore: RevisionedStore {
  /// What becomes of versions that were replaced.
  public enum Past: Sendable {
    /// They stay until `compact` is called: compaction is the caller's.
    case untilCompacted
    /// They go by themselves after some hundred revisions: for those who read the newest only.
    case recent
  }

  public let path: String
  private let writer: SQLiteCommitter
  private let reading: OwnedThread
  private let reader: SQLiteReader
  private let log: EventLog

  /// Opens or makes the database at `path`; one of an older version becomes one of this.
  /// - Throws: `.damaged`, `.busy` where another process has it open, `.full`, `.failed`.
  public convenience init(path: String, past: Past = .untilCompacted) async throws(StoreError) {
    // Those who forget the past do not follow it either.
    try await self.init(path: path, past: past, capacity: past == .recent ? .none : EventLog.usualCapacity)
  }

  /// - Parameter capacity: of the events that watches read without looking at the file.
  init(path: String, past: Past, capacity: EventLog.Capacity) async throws(StoreError) {
    self.path = path
    do {
      writer = try await SQLiteCommitter(path: path, past: past, capacity: capacity)
      log = writer.log
    } catch { throw Self.shaped(error, path) }
    do {
      (reading, reader) = try await Self.openReader(path)
    } catch {
      _ = writer.refuseMore()
      await writer.close()
      throw Self.shaped(error, path)
    }
    writer.begin()
  }

  private static func openReader(_ path: String) async throws -> (OwnedThread, SQLiteReader) {
    let thread = try OwnedThread(name: "apus-store-rd")
    do {
      let connection = try await thread.run { try SQLiteConnection(path: path, .readOnly) }
      return (thread, SQLiteReader(connection: connection))
    } catch {
      thread.stop()
      throw error
    }
  }

  private static func shaped(_ error: any Error, _ path: String) -> StoreError {
    error as? StoreError ?? StoreError(.failed, "cannot open the store \(path): \(error)", cause: error)
  }

  public func revision() async throws(StoreError) -> Int64 {
    // The newest that is on disk: published before it is acknowledged.
    if writer.isClosed { throw .storeClosed }
    return log.revision
  }

  public func get(_ key: String, at revision: Int64?) async throws(StoreError) -> KeyValue? {
    try await read { try $0.get(key, at: revision) }
  }

  public func range(
    prefix: String, after: String?, limit: Int?, at revision: Int64?, counting: Bool
  ) async throws(StoreError) -> RangePage {
    try await read { try $0.range(prefix: prefix, after: after, limit: limit, at: revision, counting: counting) }
  }

  public func count(prefix: String, at revision: Int64?) async throws(StoreError) -> Int {
    try await read { try $0.count(prefix: prefix, at: revision) }
  }

  @discardableResult
  public func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?
  ) async throws(StoreError) -> Int64 {
    try mutations.validate()
    return try await writer.perform(.commit(mutations, preconditions, lease: lease?.id ?? 0))
  }

  public func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?,
    then answer: @escaping @Sendable (Result<Int64, StoreError>) -> Void
  ) {
    do throws(StoreError) { try mutations.validate() } catch { return answer(.failure(error)) }
    writer.queue(.commit(mutations, preconditions, lease: lease?.id ?? 0), then: answer)
  }

  public func watch(prefix: String, from revision: Int64) -> StoreWatch {
    StoreWatch(
      LogWatch(log, prefix: prefix, from: revision) { [self] (prefix, from) throws(StoreError) in
        try await read { try $0.history(prefix: prefix, from: from) }
      })
  }

  public func compact(upTo revision: Int64) async throws(StoreError) {
    _ = try await writer.perform(.compact(upTo: revision))
  }

  public func grantLease(seconds: Int64) async throws(StoreError) -> Lease {
    let lease = Lease(id: Int64.random(in: 1 ... .max), timeToLive: max(1, seconds))
    _ = try await writer.perform(.grant(lease))
    return lease
  }

  public func keepAlive(_ lease: Lease) async throws(StoreError) { _ = try await writer.perform(.keepAlive(lease)) }

  public func revoke(_ lease: Lease) async throws(StoreError) { _ = try await writer.perform(.revoke(lease.id)) }

  public func snapshot(to path: String) async throws(StoreError) {
    if writer.isClosed { throw .storeClosed }
    try await StoreSnapshot.take(of: self.path, to: path)
  }

  public func close() async {
    guard writer.refuseMore() else { return }
    log.close(.storeClosed)
    // The writer's connection is the last to be closed: it takes the write-ahead log away.
    reading.submit { [reader] in reader.connection.close() }
    do { try await reading.run {} } catch {}
    reading.stop()
    await writer.close()
  }

  private func read<Value: Sendable>(
    _ body: @escaping @Sendable (SQLiteReader) throws -> Value
  ) async throws(StoreError) -> Value {
    do { return try await reading.run { [reader] in try body(reader) } } catch let error as StoreError {
      writer.note(error)
      throw error
    } catch is CancellationError { throw .storeClosed } catch {
      throw StoreError(.failed, "\(error)", cause: error)
    }
  }
}
