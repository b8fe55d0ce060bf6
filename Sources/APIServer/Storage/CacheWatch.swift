import Synchronization

/// The changes of one resource for one reader. A reader that falls too far behind is cut off: it must list again.
final class CacheWatch: Sendable {
  /// Events that wait for a slow reader.
  private static let mostWaiting = 8192

  struct Batch: Sendable {
    let events: [ObjectEvent]
    /// Everything up to here is told with it.
    let revision: Int64
  }

  private struct State {
    var waiting: [ObjectEvent] = []
    var revision: Int64
    var isOver = false
    var isCutOff = false
    /// It is over once what waits has been read.
    var isLast = false
    /// A mark was asked for: the reader wakes without a change.
    var isMarked = false
    var reader: CheckedContinuation<Void, Never>?
    var taker: Taker?
  }
  /// Takes changes in the place of a reader that waits, so that nobody need wake for them: quick, and without waiting.
  /// Returns whether it has; nothing has happened to them where not, and the reader wakes.
  typealias Taker = @Sendable (Batch) -> Bool

  private let state: Mutex<State>
  private let onEnd: @Sendable (CacheWatch) -> Void
  /// Which changes are delivered to it.
  let scope: WatchScope
  /// Opens for a revision when everything up to it has been delivered.
  private let gate: RevisionGate
  /// Nothing is told up to here. It may be still to come.
  private let start: Int64

  /// - Parameters:
  ///   - revision: up to which the cache has come.
  ///   - start: after which changes are told.
  init(
    revision: Int64, _ gate: RevisionGate = RevisionGate(), scope: WatchScope = .everything, start: Int64 = 0,
    onEnd: @escaping @Sendable (CacheWatch) -> Void
  ) {
    self.scope = scope
    self.gate = gate
    self.start = start
    state = Mutex(State(revision: revision))
    self.onEnd = onEnd
  }

  func deliver(_ events: [ObjectEvent], revision: Int64) {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isOver else { return nil }
      state.revision = revision
      let events = events.first?.revision ?? .max > start ? events : events.filter { $0.revision > start }
      guard !events.isEmpty else { return nil }
      // A reader that waits has dealt with all that came before. Nothing else comes to it while the lock is held.
      if state.reader != nil, let taker = state.taker, taker(Batch(events: events, revision: revision)) { return nil }
      state.waiting += events
      if state.waiting.count > Self.mostWaiting {
        state.isCutOff = true
        return Self.close(&state)
      }
      return state.reader.take()
    }
    reader?.resume()
  }

  /// From now on changes are given to `taker` while the reader waits, until the watch ends.
  func set(taker: @escaping Taker) { state.withLock { if !$0.isOver { $0.taker = taker } } }

  /// Waits for changes; nil when the watch is over or the task was cancelled.
  func next() async -> Batch? {
    await withTaskCancellationHandler {
      while true {
        let batch = take()
        if case .some(let found) = batch { return found }
        await withCheckedContinuation { continuation in
          let isReady = state.withLock { state in
            guard state.waiting.isEmpty, !state.isOver, !state.isMarked, !state.isLast else { return true }
            state.reader = continuation
            return false
          }
          if isReady { continuation.resume() }
        }
      }
    } onCancel: {
      end()
    }
  }

  /// Whether the reader waits.
  var isAwaited: Bool { state.withLock { $0.reader != nil } }

  /// Whether it is over because its reader was too slow.
  var isCutOff: Bool { state.withLock { $0.isCutOff } }

  /// Nil: nothing there yet; a nil inside: over.
  private func take() -> Batch?? {
    // Looked at first: where nothing waits then, nothing up to here will.
    let known = gate.revision
    return state.withLock { state -> Batch?? in
      if state.isOver { return .some(nil) }
      guard !state.waiting.isEmpty || state.isMarked else { return state.isLast ? .some(nil) : nil }
      let events = state.waiting
      state.waiting = []
      state.isMarked = false
      return .some(Batch(events: events, revision: max(state.revision, known)))
    }
  }

  /// The changes that are there already, for a reader that does not wait; nil when the watch is over.
  func waiting() -> [ObjectEvent]? {
    state.withLock { state in
      defer { state.waiting = [] }
      return state.isOver ? nil : state.waiting
    }
  }

  /// Wakes the reader with a batch that may be empty.
  func mark() {
    let known = gate.revision
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard max(state.revision, known) >= start else { return nil }
      state.isMarked = true
      return state.reader.take()
    }
    reader?.resume()
  }

  /// Ends it at once: its reader must list again.
  func cutOff() {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isOver else { return nil }
      state.isCutOff = true
      return Self.close(&state)
    }
    reader?.resume()
  }

  /// Ends it once the reader has read what waits; nothing comes after that.
  func finish() {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.isLast = true
      return state.reader.take()
    }
    reader?.resume()
    onEnd(self)
  }

  func end() {
    let reader = state.withLock { Self.close(&$0) }
    reader?.resume()
    onEnd(self)
  }

  /// - Returns: the reader, which is to hear of it.
  private static func close(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    state.isOver = true
    state.waiting = []
    state.taker = nil
    return state.reader.take()
  }
}
