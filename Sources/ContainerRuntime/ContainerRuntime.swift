import AsyncWork
import Linux
import OCI
import Synchronization

/// Runs containers: turns a specification into a bundle, has an OCI runtime make it under a monitor, and reaches it
/// afterwards. Holds nothing that it could not find again on the disk and in the kernel: a container's life does not
/// hang on this process.
///
/// A life: `create` → (`attach`) → `start` → an element of `exits` → `delete`. A new engine calls `recover` first.
public final class ContainerRuntime: Sendable {
  /// Directories and programs.
  public struct Configuration: Sendable {
    /// Sockets, pid files, bundles; on a file system that a restart of the host empties.
    public var runDirectory: String
    /// Logs: `<data>/containers/<id>/container.log`.
    public var dataDirectory: String
    /// Name or path of the runtime for containers that name none; nil for the first of crun and runc.
    public var defaultRuntime: String?
    /// Further runtimes: name to path.
    public var runtimes: [String: String] = [:]
    /// Name or path of conmon.
    public var monitor = "conmon"
    public init(runDirectory: String, dataDirectory: String) {
      self.runDirectory = runDirectory
      self.dataDirectory = dataDirectory
    }
  }

  public let configuration: Configuration
  public let features: HostFeatures
  /// The ends of containers, those that were recovered included. For one reader.
  public let exits: AsyncStream<ContainerExit>
  let exitSink: AsyncStream<ContainerExit>.Continuation
  let pool: BlockingPool
  let reactor: Reactor
  let containers = Mutex<[String: RunningContainer]>([:])
  let logWatch: LogWatch
  let seccompCache = SeccompCache()
  /// crun before 1.9 refuses hosts with v1 controllers and a v2 tree beside them: there it must not see the latter.
  let hidesUnifiedCgroup: Bool

  /// Makes the directories that are missing and looks at the host. Blocks for a moment: call it at the start.
  public init(_ configuration: Configuration, pool: BlockingPool, reactor: Reactor) throws {
    self.configuration = configuration
    self.pool = pool
    self.reactor = reactor
    features = try HostFeatures.detect()
    hidesUnifiedCgroup = features.cgroups.layout == .hybrid
    (exits, exitSink) = AsyncStream.makeStream()
    logWatch = try LogWatch(reactor: reactor)
    for directory in ["containers", "execs", "exits", "tmp"] {
      try FileSystem.makeDirectories("\(configuration.runDirectory)/\(directory)", mode: 0o700)
    }
    try FileSystem.makeDirectories("\(configuration.dataDirectory)/containers", mode: 0o700)
  }

  func paths(_ id: String) -> ContainerPaths {
    ContainerPaths(
      runDirectory: configuration.runDirectory, dataDirectory: configuration.dataDirectory, id: id)
  }

  /// Each runtime's own directory of states.
  func stateDirectory(_ runtime: RuntimeProgram) -> String { "\(configuration.runDirectory)/\(runtime.name)" }

  func hides(_ runtime: RuntimeProgram) -> Bool { hidesUnifiedCgroup && runtime.isCrun }

  func cgroup(_ path: String) -> Cgroup { Cgroup(path: path, features: features.cgroups) }

  /// A container that runs, or stands ready to.
  func container(_ id: String) throws(RuntimeError) -> RunningContainer {
    guard let container = containers.withLock({ $0[id] }) else {
      throw RuntimeError(.notRunning, "container \(id) is not running")
    }
    return container
  }

  /// The first process of a container that runs; nil when it does not.
  public func process(of id: String) -> ContainerProcess? { containers.withLock { $0[id]?.process } }

  /// Host path of a container's log; the file may be missing.
  public func logPath(of id: String) -> String { paths(id).log }
}

/// What is kept in memory of a container whose monitor lives.
struct RunningContainer: Sendable {
  var id: String
  var record: BundleRecord
  var process: ContainerProcess
  /// Who waits until the end was seen.
  var endWaiters: [CheckedContinuation<Void, Never>] = []
  var runtime: RuntimeProgram { record.runtime }
}
