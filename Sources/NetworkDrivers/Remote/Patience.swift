import Synchronization

/// How long one operation (a creation, a teardown) waits for plugins, in all its calls together.
final class Patience: Sendable {
  private struct State {
    var request: Duration
  }
  /// When the operation began.
  let beginning: ContinuousClock.Instant
  /// Until when a plugin that is not there is looked for again.
  let deadline: ContinuousClock.Instant
  private let state: Mutex<State>

  init(connecting: Duration, request: Duration) {
    beginning = .now
    deadline = beginning + connecting
    state = Mutex(State(request: request))
  }

  /// How long the next answer is waited for.
  var request: Duration { state.withLock { $0.request } }

  /// Whoever let one call of an operation wait in vain gets little time for its others: a teardown has many, and goes
  /// on after each of them.
  func wasLate() { state.withLock { $0.request = min($0.request, max($0.request / 10, .milliseconds(100))) } }
}
