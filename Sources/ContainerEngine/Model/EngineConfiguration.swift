/// How one engine is set up. The executable fills it from flags and the configuration file.
public struct EngineConfiguration: Sendable {
  /// Names everything that this engine makes in the kernel, so that two engines on a host never touch each other's.
  public var instance: String
  /// What must outlive a restart of the host.
  public var dataDirectory: String
  /// What must not: sockets, pins of namespaces, pid files.
  public var runDirectory: String
  /// Name or path of the OCI runtime for containers that name none.
  public var defaultRuntime: String?
  /// Further OCI runtimes: name → path.
  public var runtimes: [String: String] = [:]
  public var defaultLogging = LoggingChoice()
  /// Resolvers, search domains and options for containers that name none.
  public var nameServers: [String] = []
  public var searchDomains: [String] = []
  public var resolverOptions: [String] = []
  public var defaultLimits: [ProcessLimit] = []
  /// Bytes of /dev/shm.
  public var sharedMemorySize: Int64 = 64 << 20
  public var useInit = false
  public var cgroupParent: String?
  /// `KEY=VALUE`, shown by `docker info`.
  public var labels: [String] = []
  /// Seconds that a stop at the engine's own end gives to containers; containers outlive the engine, so it is used by
  /// `restart` and `stop` without a time only.
  public var stopTimeout = 10
  public var noNewPrivileges = false
  /// Addresses for `host-gateway`, one of a family; empty for the default bridge's gateways.
  public var hostGateways: [String] = []
  /// Whether containers that name no network are on the default one, or on none.
  public var hasDefaultNetwork = true
  /// Options of networks that do not have them themselves, by driver.
  public var defaultNetworkOptions: [String: [String: String]] = [:]

  public init(instance: String = "apus", dataDirectory: String = "/var/lib/apus", runDirectory: String = "/run/apus") {
    self.instance = instance
    self.dataDirectory = dataDirectory
    self.runDirectory = runDirectory
  }
}
