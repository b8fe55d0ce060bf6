import Linux
import Synchronization

/// A few threads for blocking system calls: file I/O, mounts, waiting for a child. Threads start on demand and stay.
public final class BlockingPool: Sendable {
  private struct State {
    var queue: [@Sendable () -> Void] = []
    var head = 0
    var threads = 0
    var idle = 0
  }
  private let state = Mutex(State())
  private let wakeUp: WakeUp
  private let limit: Int
  private let name: String

  /// - Parameter limit: the largest number of threads; more work than that waits its turn.
  public init(name: String, limit: Int = 16) throws {
    self.name = name
    self.limit = limit
    wakeUp = try WakeUp()
  }

  /// Runs `body` on a thread that may block, and returns what it gives.
  public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      submit { continuation.resume(with: .init(catching: body)) }
    }
  }

  /// Queues `body` and returns at once.
  public func submit(_ body: @escaping @Sendable () -> Void) {
    let start = state.withLock { state in
      state.queue.append(body)
      let waiting = state.queue.count - state.head
      guard waiting > state.idle, state.threads < limit else { return false }
      state.threads += 1
      state.idle += 1
      return true
    }
    if start {
      do { try Threads.start(name: name) { [self] in loop() } } catch {
        // Out of threads: what is queued is served by those that run; with none at all there is no way on.
        let left = state.withLock { state in
          state.threads -= 1
          state.idle -= 1
          return state.threads
        }
        if left == 0 { fatalError("cannot start a thread: \(error)") }
      }
    }
    wakeUp.signal()
  }

  private func loop() {
    while true {
      wakeUp.wait()
      let body: (@Sendable () -> Void)? = state.withLock { state in
        guard state.head < state.queue.count else { return nil }
        let body = state.queue[state.head]
        state.head += 1
        if state.head == state.queue.count || state.head > 1024 {
          state.queue.removeFirst(state.head)
          state.head = 0
        }
        state.idle -= 1
        return body
      }
      guard let body else { continue }
      body()
      state.withLock { $0.idle += 1 }
    }
  }
}
