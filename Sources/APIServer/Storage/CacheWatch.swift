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
    var parking: WatchParking?
    /// It was parked while the reader waits. Who has parked it may have let it go since.
    var isParked = false
  }
  /// Takes changes in the place of a reader that waits, so that nobody need wake for them: quick, and without waiting.
  /// Returns whether it has; nothing has happened to them where not, and the reader wakes.
  typealias Taker = @Sendable (Batch, ChangeDelivery) -> Bool

  private let state: Mutex<State>
  private let onEnd: @Sendable (CacheWatch) -> Void
  /// Called with true when it may be told together with others, and with false when it is to be told by itself again: then
  /// it gives up to where it was told meanwhile. It is the watch's lock under which that is said: nothing else is delivered
  /// meanwhile.
  private let onMove: @Sendable (CacheWatch, WatchParking, Bool) -> Int64?
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
    onMove: @escaping @Sendable (CacheWatch, WatchParking, Bool) -> Int64? = { _, _, _ in nil },
    onEnd: @escaping @Sendable (CacheWatch) -> Void
  ) {
    self.scope = scope
    self.gate = gate
    self.start = start
    state = Mutex(State(revision: revision))
    self.onEnd = onEnd
    self.onMove = onMove
  }

  func deliver(_ delivery: ChangeDelivery) {
    let (events, revision) = (delivery.events, delivery.revision)
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isOver else { return nil }
      state.revision = revision
      let events = events.first?.revision ?? .max > start ? events : events.filter { $0.revision > start }
      guard !events.isEmpty else { return nil }
      // A reader that waits has dealt with all that came before. Nothing else comes to it while the lock is held.
      if state.reader != nil, let taker = state.taker, taker(Batch(events: events, revision: revision), delivery) {
        park(&state)
        return nil
      }
      state.waiting += events
      if state.waiting.count > Self.mostWaiting {
        state.isCutOff = true
        return close(&state)
      }
      return wake(&state)
    }
    reader?.resume()
  }

  /// From now on changes are given to `taker` while the reader waits, or are told as `parking` says, until the watch ends.
  func set(_ parking: WatchParking? = nil, taker: @escaping Taker) {
    state.withLock { state in
      guard !state.isOver else { return }
      state.taker = taker
      state.parking = parking
    }
  }

  /// The reader waits, and so may the watch, if it does not: nothing else is to be told up to here.
  private func park(_ state: inout State) {
    guard let parking = state.parking, max(state.revision, gate.revision) >= start else { return }
    state.isParked = true
    _ = onMove(self, parking, true)
  }

  /// Is told by itself from now on, while the reader waits as before.
  func unpark() { state.withLock { unpark(&$0) } }

  private func unpark(_ state: inout State) {
    guard state.isParked else { return }
    state.isParked = false
    if let told = state.parking.flatMap({ onMove(self, $0, false) }) { state.revision = max(state.revision, told) }
  }

  /// - Returns: the reader, which has something to do.
  private func wake(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    unpark(&state)
    return state.reader.take()
  }

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
            park(&state)
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
      return wake(&state)
    }
    reader?.resume()
  }

  /// Ends it at once: its reader must list again.
  func cutOff() {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.isOver else { return nil }
      state.isCutOff = true
      return close(&state)
    }
    reader?.resume()
  }

  /// Ends it once the reader has read what waits; nothing comes after that.
  func finish() {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.isLast = true
      return wake(&state)
    }
    reader?.resume()
    onEnd(self)
  }

  func end() {
    let reader = state.withLock { close(&$0) }
    reader?.resume()
    onEnd(self)
  }

  /// - Returns: the reader, which is to hear of it.
  private func close(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    state.isOver = true
    state.waiting = []
    state.taker = nil
    defer { state.parking = nil }
    return wake(&state)
  }
}
