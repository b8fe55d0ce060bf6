import Linux

/// Where the files of one container's life lie. Everything here is gone after the host's restart, except the log.
struct ContainerPaths: Sendable {
  /// `<run>/containers/<id>`, mode 0700: the monitor's sockets lie here, out of every container's reach.
  let bundle: String
  let id: String
  private let exits: String
  private let data: String

  init(runDirectory: String, dataDirectory: String, id: String) {
    bundle = "\(runDirectory)/containers/\(id)"
    exits = "\(runDirectory)/exits"
    data = "\(dataDirectory)/containers/\(id)"
    self.id = id
  }

  var configuration: String { bundle + "/config.json" }
  /// The first process' pid, written by the runtime.
  var pid: String { bundle + "/pid" }
  /// What we know of it: see `BundleRecord`.
  var record: String { bundle + "/record.json" }
  /// Exists when the kernel killed for want of memory.
  var outOfMemory: String { bundle + "/oom" }
  var control: String { bundle + "/ctl" }
  /// The exit code, written by the monitor as its last deed.
  var exit: String { exits + "/" + id }
  var dataDirectory: String { data }
  var log: String { data + "/container.log" }

  /// The log's path as the monitor is told it: the monitor splits paths at colons, so such a path goes through a link
  /// in the bundle, the monitor's working directory.
  var logForMonitor: String { log.contains(":") ? "data/container.log" : log }

  /// Makes that link. Blocks.
  func linkData() throws(SystemError) {
    try FileSystem.removeFile(bundle + "/data")
    try FileSystem.symbolicLink(bundle + "/data", to: data)
  }
}
