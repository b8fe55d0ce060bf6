import AsyncWork
import ContainerRuntime
import ImageStore
import Linux
import NetworkDrivers

extension ContainerEngine {
  /// A container's process ended: tell those who wait, give back what it had, and start it again if its policy says so.
  ///
  /// The waiters are told before the cleaning-up: the exit code is settled (the monitor wrote it), and everything that
  /// needs the resources gone takes the `transitions` lock.
  func handleExit(_ exit: ContainerExit) async {
    guard let container = table[exit.id] else { return }
    await container.transitions.withLock {
      let before = container.record
      guard before.state.isRunning else { return }
      await settle(container, before, exit)
    }
    let record = container.record
    if record.state.status == .exited, record.definition.autoRemove { await autoRemove(container) }
  }

  /// Records an end. The `transitions` lock is held.
  func settle(_ container: Container, _ before: ContainerRecord, _ exit: ContainerExit) async {
    container.setHealthTask(nil)
    container.isCleaningUp = true
    defer { container.isCleaningUp = false }
    let unseen = exit.lost.map { "the exit code is not known and stands as \(exit.exitCode): \($0)" }
    if let unseen { Log.warning("container \(before.shortID): \(unseen)") }
    let restart = Self.shouldRestart(before, exitCode: exit.exitCode)
    // The time of the monitor's file comes from a clock that ticks every few milliseconds; seen live, now is truer. Seen
    // late, it may lie before the start of what ended at once.
    let now = Clock.realtime
    let finished = now - exit.finished < 50_000_000 ? now : max(exit.finished, before.state.started + 1)
    let record = container.update { record in
      record.state.status = restart ? .restarting : .exited
      record.state.exitCode = exit.exitCode
      record.state.error = unseen ?? ""
      record.state.oomKilled = exit.oomKilled
      record.state.finished = finished
      record.state.pid = 0
      if !record.endpoints.isEmpty {
        record.lastNetworks = Dictionary(record.endpoints.map { ($0.networkName, $0.networkID) }) { $1 }
      }
      record.endpoints = []
      record.state.pidStartTime = 0
      if restart { record.restartCount += 1 }
    }
    if exit.oomKilled { publish(record, "oom") }
    let duration = max(0, finished - record.state.started)
    publish(
      record, "die", ["exitCode": "\(exit.exitCode)", "execDuration": "\(duration / 1_000_000_000)"])
    // Who hears of the end finds nobody at the name any more.
    for endpoint in before.endpoints { names.directory.remove(container.id, from: endpoint.networkID) }
    // And may remove the networks as soon as they are free.
    let drivers = before.endpoints.map(driver)
    container.announceExit(ExitReport(exitCode: exit.exitCode, error: ""))
    // On disk before the monitor's exit file goes: a crash in between would lose the exit code.
    await saveOrWarn(container)
    do { try await releaseResources(of: record) } catch {
      Log.error("container \(record.shortID): cleaning up: \(error)")
    }
    publishRelease(of: before, drivers)
    if restart { scheduleRestart(container, after: container.nextRestartDelay(ranFor: duration)) }
  }

  /// Tells that a container's networks and volumes are free of it.
  /// - Parameter drivers: those of the networks.
  private func publishRelease(of record: ContainerRecord, _ drivers: [String]) {
    for (endpoint, driver) in zip(record.endpoints, drivers) {
      publish(endpoint, "disconnect", container: record.id, driver: driver)
    }
    for mount in record.mounts where mount.kind == .volume {
      events.publish(
        Event(.volume, "unmount", actor: mount.name, attributes: ["container": record.id, "driver": mount.driver]))
    }
  }

  /// Docker's rules: never after a stop by the user, `on-failure` only after a failure and only so often.
  static func shouldRestart(_ record: ContainerRecord, exitCode: Int32) -> Bool {
    if record.state.stoppedByUser || record.definition.autoRemove { return false }
    switch record.definition.restartPolicy.mode {
    case .never: return false
    case .always, .unlessStopped: return true
    case .onFailure:
      let limit = record.definition.restartPolicy.maximumRetries
      return exitCode != 0 && (limit == 0 || record.restartCount < limit)
    }
  }

  func scheduleRestart(_ container: Container, after delay: Duration) {
    container.setRestartTask(
      Task { [self] in
        do { try await Task.sleep(for: delay) } catch { return }
        await restartNow(container)
      })
  }

  /// The start that a restart policy asked for; failing counts as an end, and the policy decides again.
  private func restartNow(_ container: Container) async {
    do {
      try await exclusively(container) { [self] () throws(EngineError) in
        guard container.record.state.status == .restarting, !container.isRemoved else { return }
        do throws(EngineError) { try await startHoldingLock(container) } catch {
          Log.warning("container \(container.record.shortID): restart failed: \(error)")
          await decideAgain(container)
        }
      }
    } catch { Log.error("container \(container.record.shortID): \(error)") }
  }

  /// What becomes of a container whose restart has failed. Its lock is held, so that whoever stops or removes it comes
  /// before the next start or after it.
  private func decideAgain(_ container: Container) async {
    let record = container.update { record in
      let goesOn = Self.shouldRestart(record, exitCode: max(1, record.state.exitCode))
      record.state.status = goesOn ? .restarting : .exited
      if goesOn { record.restartCount += 1 }
    }
    await saveOrWarn(container)
    if record.state.status == .restarting { scheduleRestart(container, after: container.nextRestartDelay(ranFor: 0)) }
  }

  private func autoRemove(_ container: Container) async {
    do {
      try await exclusively(container) { [self] () throws(EngineError) in
        if container.isRemoved || container.record.state.isRunning { return }
        try await removeHoldingLock(container, removeVolumes: true)
      }
    } catch { Log.error("container \(container.record.shortID): automatic removal: \(error)") }
  }

  /// Gives back everything that a run of a container took: runtime state, network, mounts. Each step is tried whatever
  /// became of the one before; the first failure is thrown at the end. Nothing there is no failure.
  func releaseResources(of record: ContainerRecord) async throws {
    var failures: [any Error] = []
    func step(_ body: () async throws -> Void) async {
      do { try await body() } catch { failures.append(error) }
    }
    // Names first: nobody shall be sent to an address that is about to be somebody else's.
    await stopNames(record.id)
    await step { try await runtime.delete(record.id) }
    await step { try await network.releaseSandbox(record.id) }
    let shm = sharedMemoryPath(of: record.id)
    await step { try await pool.run { try Mounts.unmount(shm, lazily: true) } }
    await step { try await images.unmountSnapshot(record.id) }
    for mount in record.mounts where mount.kind == .volume { await volumes.release(mount.name, by: record.id) }
    if let first = failures.first { throw first }
  }
}
