import Synchronization

/// The requests that wait for a seat, or have one, for those who look.
final class FlowRequests: Sendable {
  struct Entry: Sendable {
    let place: FlowControl.Classification
    let user: User
    let info: RequestInfo
    let came: ContinuousClock.Instant
    /// Nil while it waits.
    fileprivate(set) var began: ContinuousClock.Instant?
    /// In which queue it has waited; nil where it did not have to.
    fileprivate(set) var queue: Int?
    fileprivate(set) var work = WorkEstimate.none
  }

  private struct State {
    var last = 0
    var entries: [Int: Entry] = [:]
  }
  private let state = Mutex(State())

  /// A request has come.
  /// - Returns: its number.
  func arrive(
    _ place: FlowControl.Classification, _ user: User, _ info: RequestInfo, at came: ContinuousClock.Instant
  ) -> Int {
    state.withLock { state in
      state.last += 1
      state.entries[state.last] = Entry(place: place, user: user, info: info, came: came)
      return state.last
    }
  }

  /// It is known what it takes.
  func estimate(_ number: Int, _ work: WorkEstimate) { edit(number) { $0.work = work } }

  /// It has its seats.
  func begin(_ number: Int, queue: Int? = nil, at began: ContinuousClock.Instant) {
    edit(number) { entry in
      entry.began = began
      entry.queue = queue
    }
  }

  /// It is answered, or gets none.
  func end(_ number: Int) { state.withLock { _ = $0.entries.removeValue(forKey: number) } }

  private func edit(_ number: Int, _ change: (inout Entry) -> Void) {
    state.withLock { state in
      guard let index = state.entries.index(forKey: number) else { return }
      change(&state.entries.values[index])
    }
  }

  /// By their numbers, which grow.
  var all: [Int: Entry] { state.withLock { $0.entries } }
}
