import NIOCore
import Synchronization

/// A connection that the server counts and can end. Its methods run on its event loop.
protocol ServedConnection: AnyObject {
  /// The server shuts down: ends what has no end of its own, lets the rest finish its response.
  func drain()
  func closeNow()
}

/// Who is connected and which requests are being answered, and how that ends.
final class ConnectionRegistry: Sendable {
  private struct State {
    var connections: [ObjectIdentifier: NIOLoopBound<any ServedConnection>] = [:]
    /// Requests whose task has not ended.
    var tasks = 0
    /// Resumed with whether all is quiet.
    var quiet: CheckedContinuation<Bool, Never>?
  }

  private let state = Mutex(State())
  private let draining = Atomic(false)
  private let maximum: Int

  /// - Parameter maximum: connections at a time.
  init(maximum: Int) { self.maximum = maximum }

  /// Returns false where there are too many, or the server shuts down.
  func register(_ connection: NIOLoopBound<any ServedConnection>) -> Bool {
    let id = ObjectIdentifier(connection.value)
    return state.withLock { state in
      guard !isDraining, state.connections.count < maximum else { return false }
      state.connections[id] = connection
      return true
    }
  }

  /// Puts `successor`, which goes on with the same socket, in the place of `connection`.
  func replace(_ connection: any ServedConnection, with successor: NIOLoopBound<any ServedConnection>) {
    let id = ObjectIdentifier(successor.value)
    state.withLock { state in
      state.connections[ObjectIdentifier(connection)] = nil
      state.connections[id] = successor
    }
  }

  func unregister(_ connection: any ServedConnection) {
    let id = ObjectIdentifier(connection)
    leave { $0.connections[id] = nil }
  }

  func taskStarts() { state.withLock { $0.tasks += 1 } }

  func taskEnded() { leave { $0.tasks -= 1 } }

  private func leave(_ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      guard state.connections.isEmpty, state.tasks == 0 else { return nil as CheckedContinuation<Bool, Never>? }
      defer { state.quiet = nil }
      return state.quiet
    }?.resume(returning: true)
  }

  var isDraining: Bool { draining.load(ordering: .acquiring) }

  var count: Int { state.withLock { $0.connections.count } }

  /// How long a task may take to notice that it was cancelled.
  private static let cancellationTime = Duration.seconds(1)

  /// Ends every connection: idle ones now, busy ones after their response, all of them after `limit`.
  /// Returns false where a handler ignores that it was cancelled and may still use the event loop.
  func drain(within limit: Duration) async -> Bool {
    let connections = state.withLock { state in
      draining.store(true, ordering: .releasing)
      return Array(state.connections.values)
    }
    for connection in connections { connection.execute { $0.drain() } }
    let deadline = Task {
      try await Task.sleep(for: limit)
      for connection in state.withLock({ Array($0.connections.values) }) { connection.execute { $0.closeNow() } }
      try await Task.sleep(for: Self.cancellationTime)
      state.withLock { state in
        defer { state.quiet = nil }
        return state.quiet
      }?.resume(returning: false)
    }
    let quiet = await withCheckedContinuation { continuation in
      let now = state.withLock { state in
        if state.connections.isEmpty, state.tasks == 0 { return true }
        state.quiet = continuation
        return false
      }
      if now { continuation.resume(returning: true) }
    }
    deadline.cancel()
    return quiet
  }
}

extension NIOLoopBound {
  /// Runs `action` on the value's event loop: now where that is the current thread, else soon.
  func execute(_ action: @escaping @Sendable (Value) -> Void) where Value: AnyObject {
    if eventLoop.inEventLoop { action(value) } else { eventLoop.execute { action(self.value) } }
  }
}

extension NIOLoopBound where Value == any ServedConnection {
  fileprivate func execute(_ action: @escaping @Sendable (any ServedConnection) -> Void) {
    eventLoop.execute { action(self.value) }
  }
}
