import Linux

/// The command line of conmon(8), the program that holds a container: it is the parent of the container's process, keeps
/// its terminal or pipes, writes its log, and tells its exit code when the engine may be long gone.
struct MonitorCommand: Sendable {
  var monitor: String
  var runtime: RuntimeProgram
  /// The runtime's own directory of states: each engine has its own.
  var runtimeRoot: String
  var paths: ContainerPaths
  var exitDirectory: String
  var temporaryDirectory: String
  var terminal: Bool
  var standardInput: Bool
  /// Input stays open when the client that sent it leaves.
  var keepInputOpen: Bool
  /// nil writes no log.
  var log: String?

  /// - Parameter start: the monitor does nothing until it can read something from here.
  func request(
    sync: FileDescriptor, errors: FileDescriptor, start: FileDescriptor, hideUnifiedCgroup: Bool
  ) -> ProcessRequest {
    var arguments = common(id: paths.id, pidFile: paths.pid)
    arguments += ["--bundle", paths.bundle, "--exit-dir", exitDirectory]
    arguments += ["--log-path", log.map { "k8s-file:" + $0 } ?? "none"]
    if terminal { arguments.append("--terminal") }
    if standardInput { arguments.append("--stdin") }
    if keepInputOpen { arguments.append("--leave-stdin-open") }
    return spawn(
      arguments, sync: sync, errors: errors, hideUnifiedCgroup: hideUnifiedCgroup, further: [start],
      environment: ["_OCI_STARTPIPE=4"])
  }

  /// Flags that every use of the monitor has. It does not fork away (`--sync`): its pid is the one that we started, and
  /// its end can be waited for.
  func common(id: String, pidFile: String) -> [String] {
    [
      "--api-version", "--cid", paths.id, "--cuuid", id, "--runtime", runtime.path, "--container-pidfile", pidFile,
      "--full-attach", "--sync", "--no-sync-log", "--log-level", "error", "--runtime-arg", "--root", "--runtime-arg",
      runtimeRoot,
    ]
  }

  func spawn(
    _ arguments: [String], sync: FileDescriptor, errors: FileDescriptor, hideUnifiedCgroup: Bool,
    further: [FileDescriptor?] = [], environment: [String] = []
  ) -> ProcessRequest {
    var request = ProcessRequest(
      monitor, arguments,
      environment: Command.environment + ["_OCI_SYNCPIPE=3", "TMPDIR=" + temporaryDirectory] + environment,
      workingDirectory: paths.bundle, descriptors: [nil, nil, errors, sync] + further)
    request.hideUnifiedCgroup = hideUnifiedCgroup
    return request
  }
}
