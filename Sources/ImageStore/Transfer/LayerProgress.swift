import Linux
import Synchronization

/// The bar of one layer: passes on at most ten steps a second, the first and the last always.
final class LayerProgress: Sendable {
  private struct State {
    var last: Int64 = 0
    var phase = ""
  }
  private let state = Mutex(State())
  private let id: String
  private let total: Int64
  private let handler: ProgressHandler
  private static let interval: Int64 = 100_000_000

  init(id: String, total: Int64, handler: @escaping ProgressHandler) {
    self.id = id
    self.total = total
    self.handler = handler
  }

  /// A line without a bar.
  func say(_ status: String) {
    state.withLock { $0.phase = status }
    handler(ProgressEvent(id: id, status: status))
  }

  /// Moves the bar of a phase.
  func step(_ status: String, _ current: Int64) {
    let now = Clock.monotonic
    let due = state.withLock { state in
      guard state.phase != status || now - state.last >= Self.interval || current == total else { return false }
      state.last = now
      state.phase = status
      return true
    }
    if due { handler(ProgressEvent(id: id, status: status, current: current, total: total)) }
  }
}
