import Addressing

/// What a user asked for: everything that makes a container, before and after it is merged with its image's
/// configuration. Neutral between the doors; nil means "the image's value" or "the default".
public struct ContainerDefinition: Codable, Sendable {
  /// As the user wrote it.
  public var image: String
  public var entrypoint: [String]?
  public var command: [String]?
  /// `NAME=value`; a bare `NAME` takes the variable away.
  public var environment: [String] = []
  public var workingDirectory: String?
  public var user: String?
  public var additionalGroups: [String] = []
  public var labels: [String: String] = [:]
  public var annotations: [String: String] = [:]
  public var hostname: String?
  public var domainName: String?
  public var terminal = false
  /// Keeps standard input open while nobody is attached.
  public var openStandardInput = false
  /// Closes standard input when the first client that was attached to it leaves.
  public var closeStandardInputAfterFirstClient = false
  public var stopSignal: String?
  /// Seconds between the stop signal and SIGKILL.
  public var stopTimeout: Int?
  public var healthCheck: HealthCheck?

  public var network: NetworkChoice = .network("default")
  /// Settings for the endpoint on each named network.
  public var endpoints: [String: EndpointRequest] = [:]
  /// `container:alias`: what the default network has instead of names (`--link`).
  public var links: [String] = []
  /// `80/tcp`: what the container listens on.
  public var exposedPorts: [ContainerPort] = []
  public var publishedPorts: [PublishedPortRequest] = []
  /// The published ports are others than those that the container was made with.
  public var hasChangedPorts = false
  /// Publishes every exposed port on a port of the engine's choice.
  public var publishAllPorts = false
  public var nameServers: [String] = []
  public var searchDomains: [String] = []
  public var resolverOptions: [String] = []
  /// `name:address`.
  public var extraHosts: [String] = []

  public var mounts: [MountRequest] = []
  /// Paths that get an anonymous volume each.
  public var anonymousVolumes: [String] = []
  /// Container names or ids, each optionally with `:ro` or `:rw`.
  public var volumesFrom: [String] = []
  public var readOnlyRoot = false
  /// Bytes of /dev/shm.
  public var sharedMemorySize: Int64?

  public var autoRemove = false
  public var restartPolicy = RestartPolicy()
  public var logging = LoggingChoice()

  public var security = SecurityChoices()
  public var namespaces = NamespaceChoices()
  public var resources = ResourceLimits()
  public var devices: [DeviceRequest] = []
  /// Rules of the devices cgroup, `c 42:* rmw`.
  public var deviceRules: [String] = []
  public var resourceLimits: [ProcessLimit] = []
  public var sysctls: [String: String] = [:]
  /// Runs a small init as PID 1 that forwards signals and reaps.
  public var useInit: Bool?
  /// Name of the OCI runtime; nil for the engine's default.
  public var runtime: String?

  public init(image: String) { self.image = image }
}

/// A port inside a container.
public struct ContainerPort: Codable, Sendable, Hashable {
  public var number: UInt16
  /// `tcp`, `udp` or `sctp`.
  public var transport: String
  public init(number: UInt16, transport: String = "tcp") {
    self.number = number
    self.transport = transport
  }
}

/// A published port as asked for.
public struct PublishedPortRequest: Codable, Sendable, Hashable {
  public var container: ContainerPort
  /// Empty for all addresses of the host.
  public var hostAddress: String
  /// First and last acceptable host port; 0 lets the engine choose.
  public var firstHostPort: UInt16
  public var lastHostPort: UInt16
  public init(container: ContainerPort, hostAddress: String = "", firstHostPort: UInt16 = 0, lastHostPort: UInt16 = 0) {
    self.container = container
    self.hostAddress = hostAddress
    self.firstHostPort = firstHostPort
    self.lastHostPort = max(firstHostPort, lastHostPort)
  }
}

/// Which network stack a container gets.
public enum NetworkChoice: Codable, Sendable, Hashable {
  /// A named network; `default` is the default bridge.
  case network(String)
  case host
  case none
  /// The stack of another container, by name or id.
  case container(String)
}

/// What is asked of one endpoint.
public struct EndpointRequest: Codable, Sendable, Hashable {
  public var ipv4: String?
  public var ipv6: String?
  /// Addresses of the link alone that it gets besides.
  public var linkLocal: [String] = []
  /// Addresses were spoken of, even if none was named: clients see the difference.
  public var choosesAddresses = false
  public var mac: String?
  /// Names by which others on the network find the container.
  public var aliases: [String] = []
  /// `container:alias`: names by which this container alone finds others.
  public var links: [String] = []
  public var driverOptions: [String: String] = [:]
  /// The endpoint with the highest priority gives the default route.
  public var gatewayPriority = 0
  public init() {}
}

/// Something to mount into a container.
public struct MountRequest: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable { case bind, volume, tmpfs }
  public var kind: Kind
  /// Host path, volume name (empty: anonymous), or nothing for tmpfs.
  public var source: String
  public var target: String
  public var readOnly = false
  /// `rprivate`, `rshared`, …; empty for the default.
  public var propagation = ""
  /// Makes a missing bind source, as `-v` does and `--mount` does not.
  public var createSource = false
  /// Leaves the image's content out of a new volume.
  public var noCopy = false
  public var nonRecursive = false
  /// Mode string as the user gave it (`ro,Z`), for inspect.
  public var mode = ""
  /// tmpfs only: mount options (`size=64m,mode=1777`).
  public var options = ""
  public var volumeDriver = ""
  public var volumeOptions: [String: String] = [:]
  public var volumeLabels: [String: String] = [:]
  public init(_ kind: Kind, source: String = "", target: String) {
    self.kind = kind
    self.source = source
    self.target = target
  }
}

/// When a container that ended is started again.
public struct RestartPolicy: Codable, Sendable, Hashable {
  public enum Mode: String, Codable, Sendable {
    case never = "no"
    case always
    case onFailure = "on-failure"
    case unlessStopped = "unless-stopped"
  }
  public var mode: Mode
  /// For `on-failure`: give up after so many; 0 for never.
  public var maximumRetries: Int
  public init(_ mode: Mode = .never, maximumRetries: Int = 0) {
    self.mode = mode
    self.maximumRetries = maximumRetries
  }
}

/// Where output goes.
public struct LoggingChoice: Codable, Sendable, Hashable {
  /// `json-file`, `local` or `none`; empty for the engine's default.
  public var driver = ""
  /// `max-size`, `max-file`, `labels`, `env`, `tag`.
  public var options: [String: String] = [:]
  public init() {}
}

/// A command that tells whether a container is well.
public struct HealthCheck: Codable, Sendable, Hashable {
  /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", …]`; empty inherits.
  public var test: [String] = []
  /// Nanoseconds; 0 for the default.
  public var interval: Int64 = 0
  public var timeout: Int64 = 0
  public var startPeriod: Int64 = 0
  public var startInterval: Int64 = 0
  public var retries = 0
  public init() {}
}

/// What a process may do.
public struct SecurityChoices: Codable, Sendable, Hashable {
  public var privileged = false
  public var addedCapabilities: [String] = []
  public var droppedCapabilities: [String] = []
  public var noNewPrivileges = false
  /// nil: the default profile; "unconfined"; or the text of a profile.
  public var seccompProfile: String?
  public var apparmorProfile: String?
  /// nil: docker's default list.
  public var maskedPaths: [String]?
  public var readOnlyPaths: [String]?
  public init() {}
}

/// Which namespaces are shared with whom.
public struct NamespaceChoices: Codable, Sendable, Hashable {
  public enum Choice: Codable, Sendable, Hashable {
    case standard
    case `private`
    case shareable
    case none
    case host
    /// Another container, by name or id.
    case container(String)
  }
  public var ipc: Choice = .standard
  public var pid: Choice = .standard
  public var uts: Choice = .standard
  public var cgroup: Choice = .standard
  public var user: Choice = .standard
  public init() {}
}

/// Limits of the cgroup; nil leaves the kernel's default.
public struct ResourceLimits: Codable, Sendable, Hashable {
  /// Bytes.
  public var memory: Int64?
  public var memoryReservation: Int64?
  /// Memory and swap together, bytes; -1 for no limit.
  public var memorySwap: Int64?
  public var memorySwappiness: Int64?
  public var cpuShares: UInt64?
  /// Microseconds.
  public var cpuPeriod: UInt64?
  public var cpuQuota: Int64?
  public var cpuRealtimePeriod: UInt64?
  public var cpuRealtimeRuntime: Int64?
  /// 1/1,000,000,000 of a processor.
  public var nanoCPUs: Int64?
  public var cpuset: String?
  public var memoryNodes: String?
  public var pids: Int64?
  public var blockIOWeight: UInt16?
  public var blockIODevices: [BlockDeviceLimit] = []
  public var disableOOMKiller: Bool?
  public var oomScoreAdjustment: Int?
  public var cgroupParent: String?
  public init() {}

  /// Docker's rule for a limit of memory alone: as much swap again. More than can be counted is no limit, -1.
  public static func memoryAndSwap(besides memory: Int64) -> Int64 {
    let (both, overflow) = memory.multipliedReportingOverflow(by: 2)
    return overflow ? -1 : both
  }
}

/// A weight or a rate for one block device.
public struct BlockDeviceLimit: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable { case weight, readBytes, writeBytes, readOperations, writeOperations }
  public var kind: Kind
  public var path: String
  public var value: UInt64
  public init(kind: Kind, path: String, value: UInt64) {
    self.kind = kind
    self.path = path
    self.value = value
  }
}

/// A device node of the host shown to a container.
public struct DeviceRequest: Codable, Sendable, Hashable {
  public var hostPath: String
  public var containerPath: String
  /// Of `r`, `w`, `m`.
  public var permissions: String
  public init(hostPath: String, containerPath: String, permissions: String) {
    self.hostPath = hostPath
    self.containerPath = containerPath
    self.permissions = permissions
  }
}

/// A limit of setrlimit(2).
public struct ProcessLimit: Codable, Sendable, Hashable {
  /// `nofile`, `nproc`, …
  public var name: String
  public var soft: Int64
  public var hard: Int64
  public init(name: String, soft: Int64, hard: Int64) {
    self.name = name
    self.soft = soft
    self.hard = hard
  }
}
