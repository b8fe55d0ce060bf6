import Synchronization

/// The events of the newest revisions, in memory, and those who wait for the next ones.
///
/// A watch is a cursor in the sequence of revisions, not a queue: a slow one holds no memory, it falls out of the log
/// and reads from the table until it has caught up.
final class EventLog: Sendable {
  /// What a cursor finds.
  enum Step {
    case batch(WatchBatch)
    /// The log begins later: read from the table from this revision on.
    case behind(Int64)
    /// Nothing is there yet.
    case synced
    case ended
    case failed(StoreError)
  }

  /// What is held at most.
  struct Capacity: Sendable {
    var revisions: Int
    var bytes: Int

    static let none = Capacity(revisions: 0, bytes: 0)
  }
  static let usualCapacity = Capacity(revisions: 4096, bytes: 4 << 20)

  /// Shared by nobody: it is in the state alone, and is changed in its place with each revision.
  private final class Cursor {
    let prefix: [UInt8]
    var next: Int64
    var wantsProgress = false
    var isCancelled = false
    /// Resumed when there may be something to take.
    var waiter: CheckedContinuation<Void, Never>?
    /// What a waiting cursor was given directly.
    var given: WatchBatch?

    init(prefix: [UInt8], next: Int64) {
      self.prefix = prefix
      self.next = next
    }
  }

  private struct State {
    /// `ring[head + i]` is revision `first + i`; every revision since `first` is there.
    var ring: [WatchBatch] = []
    var head = 0
    var first: Int64
    var bytes = 0
    var revision: Int64
    var compacted: Int64
    var cursors: [Int: Cursor] = [:]
    var waiting: Set<Int> = []
    var lastCursor = 0
    var failure: StoreError?
  }
  private let state: Mutex<State>
  private let capacity: Capacity

  init(revision: Int64, compacted: Int64, capacity: Capacity) {
    self.capacity = capacity
    state = Mutex(State(first: revision + 1, revision: revision, compacted: compacted))
  }

  var revision: Int64 { state.withLock { $0.revision } }

  // MARK: the writer's side

  /// Takes the events of new revisions, each the successor of the one before, and wakes those who wait for them.
  func publish(_ batches: [WatchBatch]) {
    state.withLock { state in
      for batch in batches {
        state.revision = batch.revision
        for id in state.waiting { Self.give(batch, to: id, &state) }
        state.ring.append(batch)
        state.bytes += Self.size(batch)
      }
      while state.ring.count - state.head > capacity.revisions || state.bytes > capacity.bytes {
        guard state.head < state.ring.count else { break }
        state.bytes -= Self.size(state.ring[state.head])
        state.ring[state.head] = WatchBatch(revision: 0, events: [])
        state.head += 1
      }
      if state.head > 256 && state.head * 2 > state.ring.count {
        state.ring.removeFirst(state.head)
        state.head = 0
      }
      state.first = state.revision + 1 - Int64(state.ring.count - state.head)
    }
  }

  /// Refuses watches that begin at or before a revision.
  func compact(upTo revision: Int64) { state.withLock { $0.compacted = max($0.compacted, revision) } }

  /// Ends all watches.
  func close(_ failure: StoreError) {
    state.withLock { state in
      if state.failure == nil { state.failure = failure }
      for id in state.waiting { Self.wake(id, &state) }
    }
  }

  private static func give(_ batch: WatchBatch, to id: Int, _ state: inout State) {
    // One that was given something, or was woken, takes the rest from the log itself.
    guard let cursor = state.cursors[id], cursor.waiter != nil, cursor.next <= batch.revision else { return }
    cursor.next = batch.revision + 1
    guard let events = matching(batch, cursor.prefix) else { return }
    cursor.given = events
    wake(id, &state)
  }

  private static func wake(_ id: Int, _ state: inout State) {
    state.waiting.remove(id)
    guard let cursor = state.cursors[id], let waiter = cursor.waiter else { return }
    cursor.waiter = nil
    waiter.resume()
  }

  private static func size(_ batch: WatchBatch) -> Int {
    batch.events.reduce(64) { sum, event in
      sum + 128 + event.key.utf8.count * 2 + (event.current?.value.count ?? 0) + (event.previous?.value.count ?? 0)
    }
  }

  private static func matching(_ batch: WatchBatch, _ prefix: [UInt8]) -> WatchBatch? {
    if batch.events.count == 1 { return batch.events[0].key.isKey(under: prefix) ? batch : nil }
    let events = batch.events.filter { $0.key.isKey(under: prefix) }
    return events.isEmpty ? nil : WatchBatch(revision: batch.revision, events: events)
  }

  // MARK: the watches' side

  /// A new cursor.
  func open(prefix: String, from revision: Int64) -> Int {
    state.withLock { state in
      state.lastCursor += 1
      state.cursors[state.lastCursor] = Cursor(prefix: Array(prefix.utf8), next: revision)
      return state.lastCursor
    }
  }

  func remove(_ id: Int) {
    state.withLock { state in
      Self.wake(id, &state)
      state.cursors[id] = nil
    }
  }

  func cancel(_ id: Int) {
    state.withLock { state in
      state.cursors[id]?.isCancelled = true
      Self.wake(id, &state)
    }
  }

  func requestProgress(_ id: Int) {
    state.withLock { state in
      state.cursors[id]?.wantsProgress = true
      Self.wake(id, &state)
    }
  }

  /// The cursor's next batch, or why there is none.
  /// - Parameter isFirst: whether this watch has told nothing yet: then its start must not be compacted, even where the
  ///   log still has it.
  func take(_ id: Int, isFirst: Bool) -> Step {
    state.withLock { state in
      guard let cursor = state.cursors[id], !cursor.isCancelled else { return .ended }
      if let given = cursor.given {
        cursor.given = nil
        return .batch(given)
      }
      if let failure = state.failure { return .failed(failure) }
      if isFirst && cursor.next <= state.compacted {
        return .failed(.compacted(cursor.next, kept: state.compacted))
      }
      if cursor.next < state.first { return .behind(cursor.next) }
      while cursor.next <= state.revision {
        let batch = state.ring[state.head + Int(cursor.next - state.first)]
        cursor.next += 1
        if let events = Self.matching(batch, cursor.prefix) { return .batch(events) }
      }
      // A watch from a revision to come has not been told everything up to now, but there was nothing to tell.
      if cursor.wantsProgress {
        cursor.wantsProgress = false
        return .batch(WatchBatch(revision: state.revision, events: []))
      }
      return .synced
    }
  }

  /// Waits until `take` may find something.
  func wait(_ id: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        state.withLock { state in
          guard let cursor = state.cursors[id], !cursor.isCancelled, !cursor.wantsProgress, state.failure == nil,
            cursor.next > state.revision
          else { return continuation.resume() }
          cursor.waiter = continuation
          state.waiting.insert(id)
        }
      }
    } onCancel: {
      cancel(id)
    }
  }

  /// Notes that a cursor has been told everything before a revision, from the table.
  func advance(_ id: Int, to revision: Int64) {
    state.withLock { state in
      guard let cursor = state.cursors[id] else { return }
      cursor.next = max(cursor.next, revision)
    }
  }
}
