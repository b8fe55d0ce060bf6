import Synchronization

/// What a table has of a watch's past.
struct History: Sendable {
  /// In the order of revisions; a revision is there with all of its events below the prefix, or not at all.
  var batches: [WatchBatch]
  /// All events up to and including this revision are there.
  var through: Int64
}

/// The watch of an engine that keeps its events in an `EventLog` and its past in a table.
final class LogWatch: WatchSource {
  /// Reads some of the past: from a revision on, whole revisions, as many as are bearable.
  typealias Past = @Sendable (_ prefix: String, _ from: Int64) async throws(StoreError) -> History

  private struct State {
    /// Read from the table and not told yet, last first.
    var ready: [WatchBatch] = []
    var isFirst = true
  }
  private let log: EventLog
  private let cursor: Int
  private let prefix: String
  private let past: Past
  private let state = Mutex(State())

  init(_ log: EventLog, prefix: String, from revision: Int64, past: @escaping Past) {
    self.log = log
    self.prefix = prefix
    self.past = past
    cursor = log.open(prefix: prefix, from: revision)
  }

  deinit { log.remove(cursor) }

  func next() async throws(StoreError) -> WatchBatch? {
    while !Task.isCancelled {
      if let ready = state.withLock({ $0.ready.popLast() }) { return ready }
      let isFirst = state.withLock { state in
        defer { state.isFirst = false }
        return state.isFirst
      }
      switch log.take(cursor, isFirst: isFirst) {
      case .batch(let batch): return batch
      case .synced: await log.wait(cursor)
      case .ended: return nil
      case .failed(let error): throw error
      case .behind(let revision):
        let history = try await past(prefix, revision)
        state.withLock { $0.ready = history.batches.reversed() }
        log.advance(cursor, to: history.through + 1)
      }
    }
    return nil
  }

  func requestProgress() { log.requestProgress(cursor) }

  func cancel() {
    state.withLock { $0.ready = [] }
    log.cancel(cursor)
  }
}
