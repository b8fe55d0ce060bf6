import AsyncWork
import Linux
import Synchronization

/// The writer's thread: takes whatever has queued up, commits it as one transaction with one fsync, tells the watches,
/// and answers.
final class SQLiteCommitter: Sendable {
  /// What one transaction takes at most: requests, and bytes of values.
  private static let largest = (requests: 512, bytes: 4 << 20)
  /// Revisions that stay where the past goes by itself.
  private static let recent: Int64 = 512
  /// How many commits go before a step of the sweeper where writes do not stop: it has an fsync of its own.
  private static let patience = 8
  /// Nanoseconds that a lease gets at least when the store is opened: its holder could not keep it alive before.
  private static let grace: Int64 = 10_000_000_000
  /// Bytes up to which a file is looked through before it is used; larger ones are meanwhile.
  private static let quicklyVerified: Int64 = 16 << 20

  private struct Waiting: Sendable {
    let request: SQLiteRequest
    let answer: @Sendable (Result<Int64, StoreError>) -> Void
  }
  private struct State {
    var queue: [Waiting] = []
    var isScheduled = false
    var isClosed = false
    var commitsSinceSweep = 0
    /// Set where the file was found damaged: nothing is written any more.
    var damage: StoreError?
  }
  let log: EventLog
  private let thread: OwnedThread
  private let lock: FileDescriptor
  private let connection: SQLiteConnection
  private let writer: SQLiteWriter
  private let sweeper: SQLiteSweeper
  private let leases = LeaseClock()
  private let past: SQLiteStore.Past
  private let state = Mutex(State())

  init(path: String, past: SQLiteStore.Past, capacity: EventLog.Capacity) async throws {
    self.past = past
    let thread = try OwnedThread(name: "apus-store")
    self.thread = thread
    do {
      (lock, connection, writer, sweeper) = try await thread.run { [leases] in
        let lock = try StoreFile.lock(path)
        let connection = try Self.connection(path, lock)
        do {
          let writer = try SQLiteWriter(connection, leases: leases)
          return (lock, connection, writer, try SQLiteSweeper(connection))
        } catch {
          connection.close()
          throw error
        }
      }
    } catch {
      thread.stop()
      throw error
    }
    log = EventLog(revision: writer.revision, compacted: writer.compacted, capacity: capacity)
  }

  /// The file, with today's tables and looked through. On a full disk what was held for that is given away.
  private static func connection(_ path: String, _ lock: FileDescriptor) throws -> SQLiteConnection {
    do { return try prepared(path) } catch let error as StoreError {
      guard error.code == .full else { throw error }
      try StoreFile.giveReserve(lock)
      return try prepared(path)
    }
  }

  private static func prepared(_ path: String) throws -> SQLiteConnection {
    let connection = try StoreFile.open(path)
    do {
      try SQLiteSchema.prepare(connection)
      if try StoreFile.size(path) <= quicklyVerified { try SQLiteSchema.verify(connection, records: false) }
      return connection
    } catch {
      connection.close()
      throw error
    }
  }

  /// Begins with what time brings: the ends of leases, the removal of what was compacted, a look through the file.
  func begin() {
    leases.begin { [weak self] id in
      guard let self else { return true }
      do throws(StoreError) {
        _ = try await perform(.expire(id))
        return true
      } catch { return error.code == .closed || error.code == .damaged }
    }
    thread.submit { [self] in
      do { try readLeases() } catch { note(error) }
      maintain()
    }
    verifyMeanwhile()
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Queues a request and waits for its answer.
  func perform(_ request: SQLiteRequest) async throws(StoreError) -> Int64 {
    try await withCheckedContinuation { continuation in
      queue(request) { continuation.resume(returning: $0) }
    }.get()
  }

  /// Queues a request.
  /// - Parameter answer: is called once, on the writer's thread or at once.
  func queue(_ request: SQLiteRequest, then answer: @escaping @Sendable (Result<Int64, StoreError>) -> Void) {
    let (refusal, schedule): (StoreError?, Bool) = state.withLock { state in
      if state.isClosed { return (.storeClosed, false) }
      if let damage = state.damage { return (damage, false) }
      state.queue.append(Waiting(request: request, answer: answer))
      let schedule = !state.isScheduled
      state.isScheduled = true
      return (nil, schedule)
    }
    if let refusal { answer(.failure(refusal)) }
    if schedule { thread.submit { [self] in commitQueued() } }
  }

  /// Takes no more requests; false where that was so already.
  func refuseMore() -> Bool {
    state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
  }

  /// Finishes what is queued and closes the file.
  func close() async {
    leases.stop()
    thread.submit { [self] in
      while commitQueued() {}
      connection.close()
      lock.close()
    }
    do { try await thread.run {} } catch {}
    thread.stop()
  }

  // MARK: on the thread

  /// Everything that queued up goes to disk as one transaction. A request that is refused is answered alone and
  /// disturbs nobody; a disk that fails fails all of them, and none is applied.
  /// - Returns: whether there is more.
  @discardableResult
  private func commitQueued() -> Bool {
    let (batch, isMore) = state.withLock { Self.takeBatch(&$0) }
    if isMore { thread.submit { [self] in commitQueued() } }
    if batch.isEmpty { return isMore }
    var events: [WatchBatch] = []
    var results: [Result<Int64, StoreError>] = []
    do {
      try connection.run(.begin)
      for waiting in batch { results.append(try apply(waiting.request, &events)) }
      let swept = sweeper.isBehind && !events.isEmpty ? try sweeper.sweep(atMost: 2 * batch.count) : nil
      try connection.run(.commit)
      if let swept { sweeper.advance(to: swept) }
    } catch {
      events = []
      let failure = note(error)
      connection.rollback()
      do { try writer.reset() } catch { note(error) }
      results = batch.map { _ in .failure(failure) }
    }
    log.compact(upTo: writer.compacted)
    if !events.isEmpty { log.publish(events) }
    for (waiting, result) in zip(batch, results) { waiting.answer(result) }
    maintain()
    return isMore
  }

  private func apply(_ request: SQLiteRequest, _ events: inout [WatchBatch]) throws -> Result<Int64, StoreError> {
    do { return .success(try writer.apply(request, events: &events)) } catch let error as StoreError
      where [.conflict, .leaseGone, .future, .invalid].contains(error.code)
    {
      return .failure(error)
    }
  }

  private static func takeBatch(_ state: inout State) -> (batch: [Waiting], isMore: Bool) {
    var bytes = 0
    var count = 0
    for waiting in state.queue.prefix(largest.requests) {
      bytes += waiting.request.size
      if count > 0 && bytes > largest.bytes { break }
      count += 1
    }
    let batch = Array(state.queue.prefix(count))
    state.queue.removeFirst(count)
    state.isScheduled = !state.queue.isEmpty
    return (batch, state.isScheduled)
  }

  /// A little of what can wait; the rest comes after the next commit, or at once where there is none.
  private func maintain() {
    if case .recent = past, log.revision - writer.compacted > Self.recent, !sweeper.hasWork {
      let newest = log.revision
      Task { [weak self] in
        // What fails here is tried again after the next commit.
        do { _ = try await self?.perform(.compact(upTo: newest)) } catch { return }
      }
    }
    sweeper.compact(upTo: writer.compacted)
    guard sweeper.hasWork else { return }
    let isTime = state.withLock { state in
      state.commitsSinceSweep += 1
      guard !state.isClosed, state.queue.isEmpty || state.commitsSinceSweep >= Self.patience else { return false }
      state.commitsSinceSweep = 0
      return true
    }
    guard isTime else { return }
    do { try sweeper.step() } catch {
      // A full disk: nothing is lost but space, and the next commit comes by here.
      note(error)
      return
    }
    if sweeper.hasWork { thread.submit { [self] in maintain() } }
  }

  private func readLeases() throws {
    let now = Clock.realtime
    try connection.run(.leases) { row in
      let lease = Lease(id: row.integer(0), timeToLive: row.integer(1))
      let left = max(row.integer(2) - now, Self.grace)
      leases.set(lease.id, nanoseconds: min(left, lease.nanoseconds))
      return true
    }
  }

  /// Remembers damage; returns the error in the store's shape.
  @discardableResult
  func note(_ error: any Error) -> StoreError {
    let failure = error as? StoreError ?? StoreError(.failed, "\(error)", cause: error)
    if failure.code == .damaged { state.withLock { $0.damage = $0.damage ?? failure } }
    return failure
  }

  /// A large file is looked through while it is used already; damage that is found ends all writing.
  private func verifyMeanwhile() {
    let path = connection.path
    thread.submit { [self] in
      do {
        guard try StoreFile.size(path) > Self.quicklyVerified else { return }
        try Threads.start(name: "apus-store-look") { [weak self] in
          do {
            let connection = try SQLiteConnection(path: path, .readOnly)
            defer { connection.close() }
            try SQLiteSchema.verify(connection, records: false)
          } catch { self?.note(error) }
        }
      } catch { note(error) }
    }
  }
}

extension SQLiteRequest {
  /// Bytes that it writes, about.
  fileprivate var size: Int {
    guard case .commit(let mutations, _, _) = self else { return 64 }
    return mutations.reduce(64) { sum, mutation in
      if case .put(let key, let value) = mutation { sum + key.utf8.count + value.count } else { sum + 128 }
    }
  }
}
