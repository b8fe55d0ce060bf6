import Linux
import Synchronization

/// The value of the `Date` field, made once a second.
final class DateField: Sendable {
  private struct State {
    var second: Int64 = -1
    var text = ""
  }
  private let state = Mutex(State())

  func value() -> String {
    let second = Clock.realtime / 1_000_000_000
    return state.withLock { state in
      if state.second != second {
        state.second = second
        state.text = HTTPDate.format(seconds: second)
      }
      return state.text
    }
  }
}
