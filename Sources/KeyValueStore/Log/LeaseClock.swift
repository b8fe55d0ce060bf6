import Linux
import Synchronization

/// When leases end, by the monotonic clock; wakes up at the earliest end and not before.
final class LeaseClock: Sendable {
  /// Nanoseconds after which the end of a lease is tried again where the store could not carry it out.
  private static let patience: Int64 = 1_000_000_000

  private struct State {
    /// Monotonic nanoseconds by lease.
    var ends: [Int64: Int64] = [:]
    var sleeper: Task<Void, Never>?
    var wakesAt = Int64.max
    var isStopped = false
    var end: (@Sendable (Int64) async -> Bool)?
  }
  private let state = Mutex(State())

  /// - Parameter end: carries out the end of a lease; false where it could not.
  func begin(_ end: @escaping @Sendable (Int64) async -> Bool) { state.withLock { $0.end = end } }

  /// Gives a lease so many nanoseconds from now on.
  func set(_ id: Int64, nanoseconds: Int64) {
    let end = Clock.monotonic + nanoseconds
    state.withLock { state in
      state.ends[id] = end
      if end < state.wakesAt { sleep(until: end, &state) }
    }
  }

  func remove(_ id: Int64) { state.withLock { $0.ends[id] = nil } }

  /// Whether the lease is there and its time is not over.
  func isAlive(_ id: Int64) -> Bool { state.withLock { $0.ends[id] ?? 0 > Clock.monotonic } }

  func stop() {
    state.withLock { state in
      state.isStopped = true
      state.sleeper?.cancel()
      state.sleeper = nil
      state.ends = [:]
      state.end = nil
    }
  }

  private func sleep(until time: Int64, _ state: inout State) {
    guard !state.isStopped else { return }
    state.sleeper?.cancel()
    state.wakesAt = time
    state.sleeper = Task { [weak self] in
      do { try await Task.sleep(for: .nanoseconds(max(0, time - Clock.monotonic))) } catch { return }
      await self?.wake()
    }
  }

  private func wake() async {
    let now = Clock.monotonic
    let (ended, end) = state.withLock { state in
      // From here on `set` starts sleepers of its own; this one is not cancelled while it works.
      state.sleeper = nil
      state.wakesAt = .max
      return (state.ends.filter { $0.value <= now }.map(\.key), state.end)
    }
    for id in ended where await end?(id) == false { set(id, nanoseconds: Self.patience) }
    state.withLock { state in
      let next = state.ends.values.min() ?? .max
      if next < state.wakesAt { sleep(until: next, &state) }
    }
  }
}
