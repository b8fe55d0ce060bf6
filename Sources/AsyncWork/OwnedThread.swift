import Linux
import Synchronization

/// A thread that belongs to one purpose and runs its jobs in order. Blocking calls, and calls that touch the thread's
/// own state (its namespaces), happen here, never on Swift's cooperative pool.
public final class OwnedThread: SerialExecutor {
  private struct State {
    var closures: [@Sendable () -> Void] = []
    var stopped = false
  }
  private let state = Mutex(State())
  private let wakeUp: WakeUp

  /// Starts the thread. `name` shows in `ps -L` (15 bytes).
  public init(name: String) throws {
    wakeUp = try WakeUp()
    try Threads.start(name: name) { [self] in loop() }
  }

  /// Ends the thread after the jobs that are queued already.
  public func stop() {
    state.withLock { $0.stopped = true }
    wakeUp.signal()
  }

  /// Runs `body` on the thread and returns what it gives. Throws `CancellationError` when the thread was stopped.
  public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      let queued = submit { continuation.resume(with: .init(catching: body)) }
      if !queued { continuation.resume(throwing: CancellationError()) }
    }
  }

  /// Queues `body` and returns at once; false when the thread was stopped and will never run it.
  @discardableResult
  public func submit(_ body: @escaping @Sendable () -> Void) -> Bool {
    let queued = state.withLock { state in
      if state.stopped { return false }
      state.closures.append(body)
      return true
    }
    if queued { wakeUp.signal() }
    return queued
  }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    submit { [self] in job.runSynchronously(on: asUnownedSerialExecutor()) }
  }

  private func loop() {
    while true {
      wakeUp.wait()
      let (work, stopped) = state.withLock { state in
        let work = state.closures
        state.closures = []
        return (work, state.stopped)
      }
      for body in work { body() }
      if stopped && work.isEmpty { return }
    }
  }
}
