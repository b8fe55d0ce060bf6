import Synchronization

/// A lock that a task may hold across suspension points; waiters get it in the order they came.
public final class AsyncLock: Sendable {
  private struct State {
    var held = false
    var waiters: [CheckedContinuation<Void, Never>] = []
    var head = 0
  }
  private let state = Mutex(State())

  public init() {}

  /// Runs `body` while nobody else holds the lock.
  public func withLock<Result: Sendable>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async rethrows -> Result {
    await acquire()
    defer { release() }
    return try await body()
  }

  private func acquire(isolation: isolated (any Actor)? = #isolation) async {
    await withCheckedContinuation { continuation in
      let free = state.withLock { state in
        if state.held {
          state.waiters.append(continuation)
          return false
        }
        state.held = true
        return true
      }
      if free { continuation.resume() }
    }
  }

  private func release() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard state.head < state.waiters.count else {
        state.held = false
        return nil
      }
      let next = state.waiters[state.head]
      state.head += 1
      if state.head == state.waiters.count {
        state.waiters = []
        state.head = 0
      }
      return next
    }
    next?.resume()
  }
}
