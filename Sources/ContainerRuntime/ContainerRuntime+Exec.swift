import AsyncWork
import Linux
import OCI
import Synchronization

/// How an exec is run.
public struct ExecChoices: Sendable, Equatable {
  /// All capabilities, whatever the container has.
  public var privileged = false
  /// Gives the process an input.
  public var standardInput = false
  /// Connects to it before it runs, so that nothing it says is lost; otherwise its output goes nowhere.
  public var attach = true
  /// For `HOSTNAME` in its environment.
  public var hostname: String?
  public init() {}
}

extension ContainerRuntime {
  /// Runs a process in a container that runs. `id` is a name for the exec, unique among all.
  ///
  /// Throws `RuntimeError`: `.commandNotFound` and `.commandNotExecutable` stand for the exit codes 127 and 126.
  public func execute(
    _ process: ProcessSpecification, in container: String, id: String, _ choices: ExecChoices = .init()
  ) async throws(RuntimeError) -> ExecutedProcess {
    try await Uncancelled.run { [self] () async throws(RuntimeError) in
      try await executeUncancelled(process, in: container, id: id, choices)
    }
  }

  private func executeUncancelled(
    _ process: ProcessSpecification, in container: String, id: String, _ choices: ExecChoices
  ) async throws(RuntimeError) -> ExecutedProcess {
    let running = try self.container(container)
    let paths = ExecPaths(runDirectory: configuration.runDirectory, id: id)
    do {
      let monitor = try monitorPath()
      let launch = try await pool.run { [self] in
        try launchExec(process, running, paths, id: id, choices, monitor: monitor)
      }
      return try await follow(launch, process, running, paths, id: id, choices)
    } catch {
      do { try await pool.run { try FileSystem.removeTree(paths.directory) } } catch let second {
        throw RuntimeError(.failed, "\(error); and cannot clean up: \(second)", cause: error)
      }
      throw .wrap(error, "cannot execute in container \(container)")
    }
  }

  private struct ExecLaunch: Sendable {
    var monitor: ChildProcess
    var sync: FileDescriptor
    var errors: FileDescriptor
    /// The monitor goes on when it reads from here.
    var start: FileDescriptor
    /// It says here that its socket is there.
    var ready: FileDescriptor
  }

  /// Blocks.
  private func launchExec(
    _ specification: ProcessSpecification, _ running: RunningContainer, _ paths: ExecPaths, id: String,
    _ choices: ExecChoices, monitor: String
  ) throws -> ExecLaunch {
    // The container's own view of its files, mounts included.
    let root = try HostResolver.openRoot("/proc/\(running.process.pid)/root")
    guard try Processes.startTime(of: running.process.pid) == running.process.startTime else {
      throw RuntimeError(.notRunning, "container \(running.id) is not running")
    }
    let identity = try HostResolver.identity(
      specification.user, additionalGroups: specification.additionalGroups, root: root)
    let process = try SpecificationBuilder(host: features).process(
      specification, identity: identity, privileged: choices.privileged, hostname: choices.hostname)
    try FileSystem.makeDirectories(paths.directory, mode: 0o700)
    try FileSystem.write(paths.process, process.json(), mode: 0o600)

    let command = MonitorCommand(
      monitor: monitor, runtime: running.runtime, runtimeRoot: stateDirectory(running.runtime),
      paths: self.paths(running.id), exitDirectory: "", temporaryDirectory: configuration.runDirectory + "/tmp",
      terminal: specification.terminal, standardInput: choices.standardInput, keepInputOpen: specification.terminal)
    var arguments = command.common(id: id, pidFile: paths.pid)
    arguments += ["--exec", "--exec-process-spec", paths.process, "--bundle", paths.directory, "--log-path", "none"]
    if choices.attach { arguments.append("--exec-attach") }
    if specification.terminal { arguments.append("--terminal") }
    if choices.standardInput {
      arguments.append("--stdin")
      if specification.terminal { arguments.append("--leave-stdin-open") }
    }
    let sync = try FileDescriptor.pipe()
    let errors = try FileDescriptor.pipe()
    let start = try FileDescriptor.pipe()
    let ready = try FileDescriptor.pipe()
    for end in [sync.read, errors.read, ready.read] { try end.setNonBlocking(true) }
    var request = command.spawn(
      arguments, sync: sync.write, errors: errors.write, hideUnifiedCgroup: hides(running.runtime),
      further: [start.read, ready.write], environment: ["_OCI_STARTPIPE=4", "_OCI_ATTACHPIPE=5"])
    request.workingDirectory = paths.directory
    let child = try ChildProcess.start(request)
    do { _ = try start.write.write([0]) } catch {
      try child.signal(9)
      _ = try child.wait()
      throw error
    }
    for end in [sync.write, errors.write, start.read, ready.write] { end.close() }
    return ExecLaunch(
      monitor: child, sync: sync.read, errors: errors.read, start: start.write, ready: ready.read)
  }

  private func follow(
    _ launch: ExecLaunch, _ specification: ProcessSpecification, _ running: RunningContainer, _ paths: ExecPaths,
    id: String, _ choices: ExecChoices
  ) async throws -> ExecutedProcess {
    let result = ExecResult()
    var attachment: ProcessAttachment?
    if choices.attach, try await SyncPipe(launch.ready, reactor: reactor).next() != nil {
      let socket = try await pool.run { try ProcessAttachment.connect(paths.directory) }
      // The exit code is reported after the output has ended, and clients ask for it at once.
      attachment = ProcessAttachment(
        socket, isTerminal: specification.terminal, reactor: reactor, beforeEnd: { _ = await result.value() })
      try await pool.run { _ = try launch.start.write([0]) }
    }
    let pipe = SyncPipe(launch.sync, reactor: reactor)
    let report = try await pipe.next()
    guard let report, report.data > 0 else {
      let complaint = report?.message ?? Self.text(launch.errors)
      _ = try await pool.run { try launch.monitor.wait() }
      throw RuntimeMessage.error(
        complaint.isEmpty ? "the monitor ended without a word" : complaint, action: "exec", runtime: running.runtime,
        command: specification.arguments.first ?? "")
    }
    let process = ExecutedProcess(
      id: id, pid: report.data, attachment: attachment, control: paths.control, pool: pool, result: result)
    Task { [self] in
      var code: Int32 = 137
      do {
        if let end = try await pipe.next() { code = end.data }
        result.set(code < 0 ? 137 : code)
        try await reactor.waitReadable(launch.monitor.pidfd)
        try await pool.run {
          _ = try launch.monitor.wait()
          try FileSystem.removeTree(paths.directory)
        }
      } catch {
        result.set(code)
        StandardError.write("apus: cannot clean up after exec \(id): \(error)\n")
      }
    }
    return process
  }
}
