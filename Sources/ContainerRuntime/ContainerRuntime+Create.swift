import AsyncWork
import Linux
import OCI
import Synchronization

/// How a container's input and output are held.
public struct StreamChoices: Codable, Sendable, Equatable {
  /// Gives the process an input that clients can write to; without it the input is empty.
  public var standardInput = false
  /// Keeps that input open when a client leaves. A terminal's stays open in any case.
  public var keepInputOpen = false
  /// Writes what the process says to the log.
  public var log = true
  /// When to begin a new log file; nil for never.
  public var rotation: LogRotation?
  public init() {}
}

extension ContainerRuntime {
  /// Makes a container: its process stands ready and waits for `start`. Its log is appended to.
  ///
  /// Throws `RuntimeError` in docker's words; then nothing of it is left but the log. Cancelling the calling task does
  /// not stop it halfway.
  public func create(
    _ specification: ContainerSpecification, streams: StreamChoices = .init(), runtime name: String? = nil
  ) async throws(RuntimeError) -> ContainerProcess {
    try await Uncancelled.run { [self] () async throws(RuntimeError) in
      try await make(specification, streams: streams, runtime: name)
    }
  }

  private func make(
    _ specification: ContainerSpecification, streams: StreamChoices, runtime name: String?
  ) async throws(RuntimeError) -> ContainerProcess {
    let id = specification.id
    guard process(of: id) == nil else { throw RuntimeError(.failed, "container \(id) is already there") }
    let runtime = try self.runtime(named: name)
    var record = BundleRecord(
      runtimeName: runtime.name, runtimePath: runtime.path, cgroupPath: specification.cgroupPath,
      terminal: specification.process.terminal, rotation: streams.log ? streams.rotation : nil)
    let command = try monitorCommand(id, runtime, terminal: record.terminal, streams: streams)
    do {
      let launch = try await pool.run { [self, record] in try launchMonitor(specification, command, record) }
      let process: ContainerProcess
      do {
        process = try await firstProcess(launch, specification, runtime)
        try await checkFilter(launch, id, runtime)
      } catch {
        try await end(launch.monitor, after: error, of: record)
        throw error
      }
      record.monitorPid = launch.monitor.pid
      let running = RunningContainer(id: id, record: record, process: process)
      containers.withLock { $0[id] = running }
      watch(running, monitor: launch.monitor.pidfd, child: launch.monitor)
      if let rotation = record.rotation { logWatch.rotate(paths(id), rotation, pool: pool) }
      return running.process
    } catch {
      do { try await pool.run { [self, record] in try removeTraces(id, record) } } catch let second {
        throw RuntimeError(.failed, "\(error); and cannot clean up: \(second)", cause: error)
      }
      if let error = error as? RuntimeError { throw error }
      throw RuntimeError(.failed, "cannot create container \(id): \(error)", cause: error)
    }
  }

  /// What the monitor reports when the container is made.
  private func firstProcess(
    _ launch: Launch, _ specification: ContainerSpecification, _ runtime: RuntimeProgram
  ) async throws -> ContainerProcess {
    let report = try await SyncPipe(launch.sync, reactor: reactor).next()
    guard let report, report.data > 0, let startTime = try Processes.startTime(of: report.data) else {
      let complaint = report?.message ?? Self.text(launch.errors)
      throw RuntimeMessage.error(
        complaint.isEmpty ? "the monitor ended without a word" : complaint, action: "create", runtime: runtime,
        command: specification.process.arguments.first ?? "")
    }
    return ContainerProcess(pid: report.data, startTime: startTime)
  }

  /// Ends a container whose making has failed, and its monitor, which would hold it, and write its exit file, after
  /// everything else is cleared away.
  private func end(_ monitor: ChildProcess, after error: any Error, of record: BundleRecord) async throws {
    let group = cgroup(record.cgroupPath)
    do {
      try await pool.run {
        try group.signalAll(9)
        // With nothing left to hold it ends by itself, and leaves no child of its own behind.
        try MonitorEnd.wait(monitor.pidfd, milliseconds: 5000)
        try monitor.signal(9)
        _ = try monitor.wait()
      }
    } catch let second { throw RuntimeError(.failed, "\(error); and cannot end its monitor: \(second)", cause: error) }
  }

  private func monitorCommand(
    _ id: String, _ runtime: RuntimeProgram, terminal: Bool, streams: StreamChoices
  ) throws(RuntimeError) -> MonitorCommand {
    let paths = self.paths(id)
    return MonitorCommand(
      monitor: try monitorPath(), runtime: runtime, runtimeRoot: stateDirectory(runtime), paths: paths,
      exitDirectory: configuration.runDirectory + "/exits", temporaryDirectory: configuration.runDirectory + "/tmp",
      terminal: terminal, standardInput: streams.standardInput,
      keepInputOpen: streams.standardInput && (streams.keepInputOpen || terminal),
      log: streams.log ? paths.logForMonitor : nil)
  }

  private struct Launch: Sendable {
    var monitor: ChildProcess
    var sync: FileDescriptor
    var errors: FileDescriptor
    /// The container's system call filter, and the compiled one that the runtime was given for it.
    var filterKey: SeccompCache.Key?
    var filter: SeccompCache.Filter?
  }

  /// Writes the bundle and starts the monitor. Blocks.
  private func launchMonitor(
    _ specification: ContainerSpecification, _ command: MonitorCommand, _ record: BundleRecord
  ) throws -> Launch {
    let paths = command.paths
    var record = record
    let resolved = try HostResolver.resolve(specification)
    var configuration = try SpecificationBuilder(host: features).configuration(for: specification, resolved)
    let (filterKey, filter) = useCompiledFilter(&configuration, command.runtime)
    try FileSystem.makeDirectories(paths.bundle, mode: 0o700)
    try FileSystem.makeDirectories(paths.dataDirectory, mode: 0o700)
    if paths.log.contains(":") { try paths.linkData() }
    try FileSystem.removeFile(paths.exit)
    try FileSystem.removeFile(paths.outOfMemory)
    try FileSystem.write(paths.configuration, configuration.json(), mode: 0o600)
    // Before the monitor: whatever happens from here on, a new engine finds what there is to clean up.
    try record.write(paths)
    let sync = try FileDescriptor.pipe()
    let errors = try FileDescriptor.pipe()
    let start = try FileDescriptor.pipe()
    try sync.read.setNonBlocking(true)
    try errors.read.setNonBlocking(true)
    let monitor = try ChildProcess.start(
      command.request(
        sync: sync.write, errors: errors.write, start: start.read, hideUnifiedCgroup: hides(command.runtime)))
    sync.write.close()
    errors.write.close()
    do {
      record.monitorPid = monitor.pid
      record.monitorStartTime = try Processes.startTime(of: monitor.pid) ?? 0
      try record.write(paths)
      // Only now does it make the container: until then there is nothing to end but itself.
      _ = try start.write.write([0])
    } catch {
      try monitor.signal(9)
      _ = try monitor.wait()
      throw error
    }
    return Launch(
      monitor: monitor, sync: sync.read, errors: errors.read, filterKey: filterKey, filter: filter)
  }

  /// Puts the compiled filter, where there is one, in the place of its text.
  private func useCompiledFilter(
    _ configuration: inout RuntimeConfiguration, _ runtime: RuntimeProgram
  ) -> (key: SeccompCache.Key?, filter: SeccompCache.Filter?) {
    guard runtime.isCrun, let seccomp = configuration.linux.seccomp else { return (nil, nil) }
    let key = SeccompCache.Key(runtime: runtime.path, text: seccomp.json())
    guard let filter = seccompCache.filter(key) else { return (key, nil) }
    configuration.linux.seccomp = nil
    configuration.annotations[SeccompCache.annotation] = filter.base64
    return (key, filter)
  }

  private func checkFilter(_ launch: Launch, _ id: String, _ runtime: RuntimeProgram) async throws {
    guard let key = launch.filterKey else { return }
    let state = "\(stateDirectory(runtime))/\(id)"
    if let filter = launch.filter {
      guard SeccompCache.wasApplied(filter, stateDirectory: state) else {
        throw RuntimeError(.failed, "\(runtime.path) did not apply the container's seccomp filter")
      }
    } else {
      try await pool.run { [seccompCache] in try seccompCache.learn(key, runtime: runtime, stateDirectory: state) }
    }
  }

  /// What is in a pipe now; empty where it cannot be read: it only explains another failure.
  static func text(_ pipe: FileDescriptor) -> String {
    do { return String(decoding: try pipe.read(upTo: 8192), as: UTF8.self) } catch { return "" }
  }
}
