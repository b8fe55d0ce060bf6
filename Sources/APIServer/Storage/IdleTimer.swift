import Synchronization

/// Does something when there was no use for a while. Nothing sleeps while there is no use.
final class IdleTimer: Sendable {
  private struct State {
    var uses: UInt64 = 0
    var isRunning = false
  }
  private let state = Mutex(State())
  private let time: Duration

  /// - Parameter time: between this long and twice as long after the last use it is idle.
  init(after time: Duration) { self.time = time }

  /// Says that there is use, now.
  /// - Parameter whenIdle: what is done when there is none any more; that of the first use of many counts.
  func used(_ whenIdle: @escaping @Sendable () -> Void) {
    let begins = state.withLock { state in
      state.uses &+= 1
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard begins else { return }
    let time = time
    Task { [weak self] in
      var seen = self?.uses
      while let known = seen {
        do { try await Task.sleep(for: time) } catch { return }
        seen = self?.uses(unless: known)
      }
      whenIdle()
    }
  }

  private var uses: UInt64 { state.withLock { $0.uses } }

  /// Ends where there was no use: nil then.
  private func uses(unless known: UInt64) -> UInt64? {
    state.withLock { state in
      guard state.uses == known else { return state.uses }
      state.isRunning = false
      return nil
    }
  }
}
