import Linux
import Synchronization

/// A thread that belongs to one purpose and runs its jobs in order. Blocking calls, and calls that touch the thread's
/// own state (its namespaces), happen here, never on Swift's cooperative pool.
public final class OwnedThread: SerialExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
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

  /// Runs `body` on the thread and returns what it gives.
  public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      submit { continuation.resume(with: .init(catching: body)) }
    }
  }

  /// Queues `body` and returns at once.
  public func submit(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.closures.append(body) }
    wakeUp.signal()
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
