import AsyncWork
import ContainerRuntime
import ImageStore
import Linux
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// Starts a container. Throws `.notModified` when it runs already.
  public func startContainer(_ reference: String) async throws(EngineError) {
    let container = try table.find(reference)
    try await exclusively(container) { [self] () throws(EngineError) in
      let record = container.record
      if container.isRemoved || record.state.status == .removing || record.state.status == .dead {
        throw EngineError(
          .conflict, "cannot start a container that is marked for removal: \(reference)")
      }
      if record.state.status == .paused {
        throw EngineError(.conflict, "cannot start a paused container, try unpause instead")
      }
      if record.state.status == .running { throw EngineError(.notModified, "container \(record.id) is running") }
      container.resetRestartDelay()
      container.setRestartTask(nil)
      container.update { $0.restartCount = 0 }
      do { try await startHoldingLock(container) } catch {
        if record.definition.autoRemove { await removeAfterFailedStart(container) }
        throw EngineError.wrap(error)
      }
    }
  }

  private func removeAfterFailedStart(_ container: Container) async {
    do { try await removeHoldingLock(container, removeVolumes: true) } catch {
      Log.error("container \(container.record.shortID): automatic removal: \(error)")
    }
  }

  /// The start itself; the `operations` lock is held. On failure everything that was made for this start is gone again.
  func startHoldingLock(_ container: Container) async throws(EngineError) {
    do {
      try await container.transitions.withLock { try await startInTransition(container) }
    } catch { throw EngineError.wrap(error) }
    startHealthChecks(container)
    await refreshLinks(to: container.record)
  }

  private func startInTransition(_ container: Container) async throws {
    let record = container.record
    do {
      let (process, endpoints, started) = try await bringUp(container, record)
      let running = container.update { record in
        record.state.status = .running
        record.state.pid = process.pid
        record.state.pidStartTime = process.startTime
        record.state.exitCode = 0
        record.state.error = ""
        record.state.oomKilled = false
        record.state.started = started
        record.state.stoppedByUser = false
        record.state.health = nil
        record.endpoints = endpoints
      }
      try await save(container)
      publish(running, "start")
    } catch {
      await undoStart(container, error)
      throw error
    }
  }

  /// Makes the root, the network and the process. The root and the network do not need each other and come up at the
  /// same time.
  private func bringUp(
    _ container: Container, _ record: ContainerRecord
  ) async throws -> (ContainerProcess, [ContainerEndpoint], started: Int64) {
    for mount in record.mounts where mount.kind == .volume {
      try await volumes.acquire(mount.name, for: record.id)
      events.publish(
        Event(
          .volume, "mount", actor: mount.name,
          attributes: [
            "container": record.id, "destination": mount.destination, "driver": mount.driver,
            "propagation": mount.propagation, "read/write": "\(!mount.readOnly)",
          ]))
    }
    let stack = Task { try await connectNetwork(record) }
    let rootPath: Result<String, any Error>
    do { rootPath = .success(try await images.mountSnapshot(record.id)) } catch { rootPath = .failure(error) }
    // Both have ended before either's failure is told: the undoing must not race with what is still coming up.
    let network = try await stack.result.get()
    let root = try rootPath.get()
    for endpoint in network.endpoints { publish(endpoint, "connect", container: record.id) }
    try await startNames(record, network.endpoints)
    try await checkBindSources(record)
    let surroundings = try await surroundings(of: record, root: root, network: network)
    let builder = SpecificationBuilder(record: record, surroundings: surroundings)
    var streams = StreamChoices()
    streams.standardInput = record.definition.openStandardInput
    streams.keepInputOpen = !record.definition.closeStandardInputAfterFirstClient
    streams.log = logsToFile(record)
    let limits = LogLimits(record.definition.logging, defaults: configuration.defaultLogging)
    if let size = limits.maximumSize {
      streams.rotation = LogRotation(maximumSize: size, maximumFiles: limits.maximumFiles)
    }
    let process: ContainerProcess
    do {
      process = try await runtime.create(builder.specification(), streams: streams, runtime: record.runtime)
    } catch { throw startFailure(error, record) }
    for attachment in container.takeAttachments() { await attachment.start() }
    // Taken before: the process may have ended by the time the call returns.
    let started = Clock.realtime
    do { try await runtime.start(record.id) } catch { throw startFailure(error, record) }
    return (process, network.endpoints, started)
  }

  /// Docker's wording and, for `docker run`, its exit code class.
  private func startFailure(_ error: any Error, _ record: ContainerRecord) -> EngineError {
    guard let failure = error as? RuntimeError else { return EngineError.wrap(error) }
    let code: EngineError.Code =
      switch failure.code {
      case .invalidSpecification, .commandNotFound, .commandNotExecutable: .invalidParameter
      default: .internalFailure
      }
    return EngineError(code, failure.message, cause: failure)
  }

  /// After a failed start: nothing of it stays, and the record says why.
  private func undoStart(_ container: Container, _ error: any Error) async {
    let record = container.record
    do { try await releaseResources(of: record) } catch {
      Log.error("container \(record.shortID): undoing its start: \(error)")
    }
    let exitCode = ((error as? EngineError)?.cause as? RuntimeError)?.startExitCode ?? 128
    container.update { record in
      record.state.error = "\(error)"
      record.state.exitCode = exitCode
      record.state.pid = 0
      record.state.finished = Clock.realtime
      if record.state.status != .restarting { record.state.status = record.state.started == 0 ? .created : .exited }
      record.endpoints = []
    }
    await saveOrWarn(container)
    for attachment in container.takeAttachments() { attachment.abandon() }
    container.announceStartFailure(ExitReport(exitCode: exitCode, error: "\(error)"))
  }

  private func checkBindSources(_ record: ContainerRecord) async throws {
    let sources = record.mounts.filter { $0.kind == .bind }.map(\.source)
    if sources.isEmpty { return }
    try await pool.run {
      for source in sources {
        do { _ = try BindSource.status(of: source) } catch { throw EngineError.wrap(error) }
      }
    }
  }

  // MARK: surroundings

  private func surroundings(
    of record: ContainerRecord, root: String, network: ConnectedNetwork
  ) async throws -> SpecificationBuilder.Surroundings {
    let definition = record.definition
    var surroundings = SpecificationBuilder.Surroundings(
      rootPath: root, hostname: hostname(of: record), network: network.namespace, cgroupPath: cgroupPath(of: record))
    surroundings.ipc = try await ipcNamespace(record)
    if case .container(let id) = definition.namespaces.pid {
      surroundings.pid = .path("/proc/\(try runningProcess(of: id, for: "PID"))/ns/pid")
    } else if definition.namespaces.pid == .host {
      surroundings.pid = .host
    }
    let linked = try linkEnvironment(record)
    table[record.id]?.update { $0.linkEnvironment = linked }
    surroundings.linkEnvironment = linked
    surroundings.nameFiles = try await writeNameFiles(record, network)
    if definition.useInit ?? configuration.useInit { surroundings.initPath = try runtime.initProgram() }
    surroundings.defaultLimits = configuration.defaultLimits
    surroundings.sharedMemorySize = configuration.sharedMemorySize
    surroundings.noNewPrivileges = configuration.noNewPrivileges
    return surroundings
  }

  /// `/<instance>/ID`, or under the parent that the user named.
  private func cgroupPath(of record: ContainerRecord) -> String {
    let parent =
      record.definition.resources.cgroupParent.flatMap { $0.isEmpty ? nil : $0 } ?? configuration.cgroupParent
    let base = parent ?? "/\(configuration.instance)"
    return (base.hasPrefix("/") ? base : "/" + base) + "/" + record.id
  }

  private func runningProcess(of id: String, for kind: String) throws(EngineError) -> Int32 {
    let other = try table.find(id).record
    guard other.state.isRunning else {
      throw EngineError(
        .conflict, "cannot join \(kind) of a non running container: \(id)")
    }
    return other.state.pid
  }

  private func ipcNamespace(_ record: ContainerRecord) async throws -> NamespaceSpecification.IPC {
    switch record.definition.namespaces.ipc {
    case .host: return .host
    case .none: return .none
    case .standard, .private: return .private
    case .shareable:
      let path = sharedMemoryPath(of: record.id)
      let size = record.definition.sharedMemorySize.flatMap { $0 > 0 ? $0 : nil } ?? configuration.sharedMemorySize
      try await pool.run {
        try FileSystem.makeDirectories(path, mode: 0o711)
        try Mounts.unmount(path, lazily: true)
        try Mounts.mount(
          source: "shm", at: path, type: "tmpfs", flags: [.noSetID, .noDevices, .noExecute],
          options: "mode=1777,size=\(size)")
      }
      return .shareable(sharedMemoryPath: path)
    case .container(let id):
      let pid = try runningProcess(of: id, for: "IPC")
      switch try table.find(id).record.definition.namespaces.ipc {
      case .shareable: return .path("/proc/\(pid)/ns/ipc", sharedMemoryPath: sharedMemoryPath(of: id))
      case .host: return .host
      case .container: return .path("/proc/\(pid)/ns/ipc", sharedMemoryPath: nil)
      default:
        throw EngineError(
          .invalidParameter,
          "cannot join IPC namespace of container \(id): non-shareable IPC (hint: use IpcMode:shareable "
            + "for the donor container)")
      }
    }
  }

  /// Where a shareable /dev/shm of a container is mounted.
  func sharedMemoryPath(of id: String) -> String { "\(configuration.runDirectory)/shm/\(id)" }

  func logsToFile(_ record: ContainerRecord) -> Bool {
    let driver = record.definition.logging.driver
    return (driver.isEmpty ? configuration.defaultLogging.driver : driver) != "none"
  }
}
