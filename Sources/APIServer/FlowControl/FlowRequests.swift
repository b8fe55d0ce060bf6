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
    let work: WorkEstimate
  }

  private struct State {
    var last = 0
    var entries: [Int: Entry] = [:]
  }
  private let state = Mutex(State())

  /// A request has come.
  /// - Parameters:
  ///   - began: nil where it has to get its seats first.
  ///   - work: what it takes.
  /// - Returns: its number.
  func arrive(
    _ place: FlowControl.Classification, _ user: User, _ info: RequestInfo, at came: ContinuousClock.Instant,
    began: ContinuousClock.Instant? = nil, _ work: WorkEstimate
  ) -> Int {
    let entry = Entry(place: place, user: user, info: info, came: came, began: began, work: work)
    return state.withLock { state in
      state.last += 1
      state.entries[state.last] = entry
      return state.last
    }
  }

  /// It has its seats.
  func begin(_ number: Int, queue: Int?, at began: ContinuousClock.Instant) {
    state.withLock { state in
      guard let index = state.entries.index(forKey: number) else { return }
      state.entries.values[index].began = began
      state.entries.values[index].queue = queue
    }
  }

  /// It is answered, or gets none.
  func end(_ number: Int) { state.withLock { _ = $0.entries.removeValue(forKey: number) } }

  /// By their numbers, which grow.
  var all: [Int: Entry] { state.withLock { $0.entries } }
}
