import Synchronization

/// How many are inside now, were inside at most, and have been inside in all.
final class Counter: Sendable {
  private let state = Mutex((now: 0, most: 0, total: 0))

  func enter() {
    state.withLock {
      $0.now += 1
      $0.most = max($0.most, $0.now)
    }
  }

  func leave() {
    state.withLock {
      $0.now -= 1
      $0.total += 1
    }
  }

  var most: Int { state.withLock { $0.most } }
  var total: Int { state.withLock { $0.total } }
}
