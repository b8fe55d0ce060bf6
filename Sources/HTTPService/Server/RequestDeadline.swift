import NIOCore
import NIOPosix
import Synchronization

/// Cancels the task of a request whose handler takes too long. One that answers at once pays nothing but this object.
final class RequestDeadline: Sendable {
  private enum State {
    case open
    case armed(Scheduled<Void>)
    case over
  }
  private let state = Mutex(State.open)

  var isOver: Bool { state.withLock { if case .over = $0 { true } else { false } } }

  /// The handler has answered.
  func end() {
    let timer = state.withLock { state -> Scheduled<Void>? in
      defer { state = .over }
      if case .armed(let timer) = state { return timer }
      return nil
    }
    timer?.cancel()
  }

  /// Must be called on an event loop.
  func arm(_ limit: Duration, cancelling task: Task<Void, Never>) {
    guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return }
    let timer = loop.scheduleTask(in: TimeAmount(limit)) { [self] in
      if !isOver { task.cancel() }
    }
    let isLate = state.withLock { state -> Bool in
      if case .over = state { return true }
      state = .armed(timer)
      return false
    }
    if isLate { timer.cancel() }
  }
}
