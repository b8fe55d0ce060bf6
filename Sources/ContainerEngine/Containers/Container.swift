import AsyncWork
import Synchronization

/// One container in memory: its record, the lock under which its life is changed, and who waits for it.
final class Container: Sendable {
  let id: String
  /// Everything that changes the container's life (start, stop, remove, …) happens under this lock, one at a time.
  let operations = AsyncLock()
  /// Held while the container's resources come (start) or go (the end of its process): an end that comes at once waits
  /// for its start, and the next start waits for the cleaning-up of the last end. Taken after `operations`.
  let transitions = AsyncLock()
  /// Held while the record is written. Taken last.
  let saving = AsyncLock()

  private struct State {
    var record: ContainerRecord
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
    var pendingAttachments: [PendingAttachment] = []
    var restartTask: Task<Void, Never>?
    var healthTask: Task<Void, Never>?
    var restartDelay: Duration = .zero
    var removed = false
    var isForgotten = false
    var isCleaningUp = false
  }
  private struct Waiter {
    let condition: WaitCondition
    let finish: @Sendable (Result<ExitReport, EngineError>) -> Void
  }
  private let state: Mutex<State>

  init(_ record: ContainerRecord) {
    id = record.id
    state = Mutex(State(record: record))
  }

  var record: ContainerRecord { state.withLock { $0.record } }

  /// Changes the record and returns the new one.
  @discardableResult
  func update(_ body: (inout ContainerRecord) -> Void) -> ContainerRecord {
    state.withLock { state in
      body(&state.record)
      return state.record
    }
  }

  // MARK: waiting for the end

  /// Registers a waiter, or answers at once when the condition holds already.
  func wait(_ condition: WaitCondition, _ finish: @escaping @Sendable (Result<ExitReport, EngineError>) -> Void)
    -> UInt64?
  {
    let (key, answer): (UInt64?, ExitReport?) = state.withLock { state in
      let report = ExitReport(exitCode: state.record.state.exitCode, error: state.record.state.error)
      if state.removed { return (nil, report) }
      if condition == .ended, !state.record.state.isRunning { return (nil, report) }
      if condition == .notRunning, !state.record.state.isRunning, state.record.state.status != .restarting {
        return (nil, report)
      }
      state.nextWaiter += 1
      state.waiters[state.nextWaiter] = Waiter(condition: condition, finish: finish)
      return (state.nextWaiter, nil)
    }
    if let answer { finish(.success(answer)) }
    return key
  }

  /// Takes a waiter back (its client left).
  func stopWaiting(_ key: UInt64) { _ = state.withLock { $0.waiters.removeValue(forKey: key) } }

  /// Tells those who wait for an end.
  func announceExit(_ report: ExitReport) {
    for waiter in take({ $0.condition != .removed }) { waiter.finish(.success(report)) }
  }

  /// Tells those who wait that the start failed: they would wait for ever.
  func announceStartFailure(_ report: ExitReport) {
    for waiter in take({ $0.condition == .nextExit }) { waiter.finish(.success(report)) }
  }

  /// Tells those who wait for the removal that it failed: they would wait for ever.
  func announceRemovalFailure(_ error: EngineError) {
    for waiter in take({ $0.condition == .removed }) { waiter.finish(.failure(error)) }
  }

  /// Tells everybody that the container is gone.
  func announceRemoval() {
    let report = state.withLock { state in
      state.removed = true
      return ExitReport(exitCode: state.record.state.exitCode, error: state.record.state.error)
    }
    for waiter in take({ _ in true }) { waiter.finish(.success(report)) }
    for attachment in takeAttachments() { attachment.abandon() }
  }

  /// Between the end of the process and the return of everything that it had.
  var isCleaningUp: Bool {
    get { state.withLock { $0.isCleaningUp } }
    set { state.withLock { $0.isCleaningUp = newValue } }
  }

  /// Whether the record is off the disk for good. Set while `saving` is held.
  var isForgotten: Bool {
    get { state.withLock { $0.isForgotten } }
    set { state.withLock { $0.isForgotten = newValue } }
  }

  var isRemoved: Bool { state.withLock { $0.removed } }

  private func take(_ wanted: (Waiter) -> Bool) -> [Waiter] {
    state.withLock { state in
      let keys = state.waiters.filter { wanted($0.value) }.keys
      return keys.compactMap { state.waiters.removeValue(forKey: $0) }
    }
  }

  // MARK: attaching before the start

  /// Holds an attachment until the container starts.
  func enqueue(_ attachment: PendingAttachment) {
    state.withLock { $0.pendingAttachments.append(attachment) }
  }

  /// The attachments that were held, in the order in which they came.
  func takeAttachments() -> [PendingAttachment] {
    state.withLock { state in
      defer { state.pendingAttachments = [] }
      return state.pendingAttachments
    }
  }

  // MARK: background work

  /// Replaces the task that will start the container again; the old one is cancelled.
  func setRestartTask(_ task: Task<Void, Never>?) {
    state.withLock { state in
      state.restartTask?.cancel()
      state.restartTask = task
    }
  }

  /// Replaces the task that runs the health check; the old one is cancelled.
  func setHealthTask(_ task: Task<Void, Never>?) {
    state.withLock { state in
      state.healthTask?.cancel()
      state.healthTask = task
    }
  }

  /// The pause before the next start: 100 ms, doubled each time up to a minute, back to the beginning after a run of
  /// ten seconds (docker's back-off).
  func nextRestartDelay(ranFor nanoseconds: Int64) -> Duration {
    state.withLock { state in
      let longRun = nanoseconds >= 10_000_000_000
      state.restartDelay =
        longRun || state.restartDelay == .zero ? .milliseconds(100) : min(state.restartDelay * 2, .seconds(60))
      return state.restartDelay
    }
  }

  func resetRestartDelay() { state.withLock { $0.restartDelay = .zero } }
}

/// How a container ended.
public struct ExitReport: Sendable, Equatable {
  public let exitCode: Int32
  /// Why it could not start, or empty.
  public let error: String
}

/// An attachment that waits for its container's start.
final class PendingAttachment: Sendable {
  private let ready: @Sendable (Result<Void, EngineError>) -> Void
  private let connect: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - connect: joins the running container's streams; called before its process runs.
  ///   - ready: told when there is nothing to wait for any more.
  init(
    connect: @escaping @Sendable () async throws -> Void,
    ready: @escaping @Sendable (Result<Void, EngineError>) -> Void
  ) {
    self.connect = connect
    self.ready = ready
  }

  func start() async {
    do {
      try await connect()
      ready(.success(()))
    } catch {
      ready(.failure(error as? EngineError ?? EngineError(.internalFailure, "attach: \(error)", cause: error)))
    }
  }

  func abandon() { ready(.failure(EngineError(.conflict, "the container was removed before it started"))) }
}
