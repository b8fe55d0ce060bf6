import AsyncWork
import ContainerRuntime
import Linux

extension ContainerEngine {
  /// Stops a container: its stop signal, then SIGKILL after `timeout` seconds (nil: the container's own time, else the
  /// engine's; -1 for ever). Throws `.notModified` when it does not run.
  public func stopContainer(
    _ reference: String, signal: String? = nil, timeout: Int? = nil
  ) async throws(EngineError) {
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      try await stopHoldingLock(container, signal: signal, timeout: timeout, byUser: true)
    }
  }

  /// Stops if it runs, then starts.
  public func restartContainer(
    _ reference: String, signal: String? = nil, timeout: Int? = nil
  ) async throws(EngineError) {
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      if container.record.state.isRunning || container.record.state.status == .restarting {
        try await stopHoldingLock(container, signal: signal, timeout: timeout, byUser: false)
      }
      try await startHoldingLock(container)
      publish(container.record, "restart")
    }
  }

  /// Sends a signal (SIGKILL when nil). A container that dies of SIGKILL sent here counts as stopped by its user.
  public func killContainer(_ reference: String, signal: String? = nil) async throws(EngineError) {
    let container = try table.find(reference)
    let number = try SignalNames.number(signal ?? "KILL")
    let wasRunning = container.record.state.isRunning
    if number == SignalNames.kill { try await killWithoutWaiting(container) }
    try await exclusively(container) { [self] () throws(EngineError) in
      let record = container.record
      guard record.state.isRunning || record.state.status == .restarting else {
        if wasRunning, number == SignalNames.kill { return }
        throw EngineError(.conflict, "container \(record.id) is not running")
      }
      if record.state.status == .restarting {
        container.setRestartTask(nil)
        container.update {
          $0.state.status = .exited
          $0.state.stoppedByUser = true
        }
        await saveOrWarn(container)
        container.announceExit(ExitReport(exitCode: record.state.exitCode, error: ""))
        return
      }
      let stopNumber = try SignalNames.number(record.definition.stopSignal ?? "TERM")
      if number == SignalNames.kill || number == stopNumber {
        container.update { $0.state.stoppedByUser = true }
        await saveOrWarn(container)
      }
      try await send(number, to: container)
      publish(record, "kill", ["signal": "\(number)"])
      if number == SignalNames.kill {
        if record.state.status == .paused { try await thaw(container) }
        // Docker answers a SIGKILL when the container has ended, unless that takes more than ten seconds.
        await waitForEnd(container, seconds: 10)
      }
    }
  }

  /// Freezes all processes of a container.
  public func pauseContainer(_ reference: String) async throws(EngineError) {
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      let record = container.record
      if record.state.status == .paused {
        throw EngineError(.conflict, "Container \(record.id) is already paused")
      }
      guard record.state.status == .running else {
        throw EngineError(.conflict, "Container \(record.id) is not running")
      }
      do { try await runtime.pause(record.id) } catch {
        // Its end may be on its way to us.
        if hasEnded(container) {
          throw EngineError(.conflict, "Container \(record.id) is not running", cause: error)
        }
        throw EngineError(.internalFailure, "Cannot pause container \(record.id): \(error)", cause: error)
      }
      container.update { if $0.state.status == .running { $0.state.status = .paused } }
      await saveOrWarn(container)
      publish(record, "pause")
    }
  }

  public func unpauseContainer(_ reference: String) async throws(EngineError) {
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      let record = container.record
      guard record.state.status == .paused else {
        throw EngineError(.conflict, "Container \(record.id) is not paused")
      }
      try await thaw(container)
      // It may have ended as it thawed.
      container.update { if $0.state.status == .paused { $0.state.status = .running } }
      await saveOrWarn(container)
      publish(record, "unpause")
    }
  }

  /// Runs `body` under the container's lock, to its end even if the client leaves meanwhile: half a stop or half a start
  /// is what nobody asked for.
  func exclusively<Value: Sendable>(
    _ container: Container, _ body: @escaping @Sendable () async throws(EngineError) -> Value
  ) async throws(EngineError) -> Value {
    let task = Task { () async -> Result<Value, EngineError> in
      do { return .success(try await container.operations.withLock { try await body() }) } catch {
        return .failure(EngineError.wrap(error))
      }
    }
    return try await task.value.get()
  }

  /// Kills at once what an operation that holds the lock may be waiting for: a stop with a long grace period must not
  /// keep a kill or a forced removal waiting.
  func killWithoutWaiting(_ container: Container) async throws(EngineError) {
    guard container.record.state.isRunning else { return }
    container.update { $0.state.stoppedByUser = true }
    await saveOrWarn(container)
    try await send(SignalNames.kill, to: container)
  }

  func stopHoldingLock(
    _ container: Container, signal: String?, timeout: Int?, byUser: Bool
  ) async throws(EngineError) {
    let record = container.record
    if record.state.status == .restarting {
      container.setRestartTask(nil)
      container.update {
        $0.state.status = .exited
        $0.state.stoppedByUser = $0.state.stoppedByUser || byUser
      }
      await saveOrWarn(container)
      container.announceExit(ExitReport(exitCode: record.state.exitCode, error: ""))
      if byUser { publish(record, "stop") }
      return
    }
    guard record.state.isRunning else {
      throw EngineError(.notModified, "container \(record.id) is not running")
    }
    let number = try SignalNames.number(signal ?? record.definition.stopSignal ?? "TERM")
    let seconds = timeout ?? record.definition.stopTimeout ?? configuration.stopTimeout
    container.update { $0.state.stoppedByUser = byUser }
    if byUser {
      // Before the signal: an engine that dies in between must not start the container again.
      await saveOrWarn(container)
    }
    publish(record, "kill", ["signal": "\(number)"])
    try await send(number, to: container)
    if record.state.status == .paused { try await thaw(container) }
    if await !waitForEnd(container, seconds: seconds) {
      publish(record, "kill", ["signal": "\(SignalNames.kill)"])
      try await send(SignalNames.kill, to: container)
      guard await waitForEnd(container, seconds: 30) else {
        throw EngineError(
          .internalFailure,
          "container \(record.id) did not end within 30 seconds of SIGKILL: a process of it hangs in the kernel")
      }
    }
    if byUser, container.record.state.status == .restarting {
      // Its end came before our word that it is to stay down.
      container.setRestartTask(nil)
      container.update {
        $0.state.status = .exited
        $0.state.stoppedByUser = true
      }
      await saveOrWarn(container)
    }
    if byUser { publish(container.record, "stop") }
  }

  private func send(_ number: Int32, to container: Container) async throws(EngineError) {
    do { try await runtime.kill(container.id, signal: number) } catch {
      // One that has just ended needs no signal any more; its end is on its way to us.
      if hasEnded(container) { return }
      throw EngineError(.internalFailure, "Cannot kill container: \(container.id): \(error)", cause: error)
    }
  }

  /// Whether a container's process is known to be gone, its end having been told or not.
  private func hasEnded(_ container: Container) -> Bool {
    let state = container.record.state
    guard state.isRunning else { return true }
    do { return try !Processes.isAlive(state.pid) } catch { return false }
  }

  private func thaw(_ container: Container) async throws(EngineError) {
    do { try await runtime.resume(container.id) } catch {
      // A frozen process of cgroup v2 dies of SIGKILL without being thawed first.
      if hasEnded(container) { return }
      throw EngineError(.internalFailure, "Cannot unpause container \(container.id): \(error)", cause: error)
    }
  }

  /// True when the container ended within so many seconds; a negative number waits for ever.
  @discardableResult
  func waitForEnd(_ container: Container, seconds: Int) async -> Bool {
    await ContainerWait(container, .ended).ends(within: seconds)
  }
}
