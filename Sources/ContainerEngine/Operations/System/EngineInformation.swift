/// What an engine is and where it runs: everything that `docker info` tells and that is true here.
public struct EngineInformation: Sendable {
  /// An OCI runtime that the engine can use.
  public struct Runtime: Sendable, Equatable {
    public var name: String
    /// Path of its program; empty where it is not installed.
    public var path: String
    /// What `--version` says first, without the name; empty where it is not installed.
    public var version: String
    public init(name: String, path: String, version: String) {
      self.name = name
      self.path = path
      self.version = version
    }
  }

  public var id = ""
  public var containersRunning = 0
  public var containersPaused = 0
  /// Everything that neither runs nor is paused.
  public var containersStopped = 0
  public var images = 0

  /// `overlay2`: docker's name for layers in directories on overlayfs.
  public var storageDriver = "overlay2"
  /// Facts about the storage, in docker's order.
  public var storageStatus: [(name: String, value: String)] = []
  public var dataDirectory = ""

  public var cgroupVersion = 0
  /// `cgroupfs`: the engine makes cgroups itself.
  public var cgroupDriver = "cgroupfs"
  public var memoryLimit = false
  public var swapLimit = false
  public var cpuPeriod = false
  public var cpuQuota = false
  public var cpuShares = false
  public var cpuSet = false
  public var pidsLimit = false
  public var oomKillDisable = false
  public var ipv4Forwarding = false
  /// What the rules of networks are made with.
  public var firewallBackend = ""

  /// Descriptors that this process has open.
  public var openDescriptors = 0
  /// Threads of this process.
  public var threads = 0
  /// Nanoseconds since 1970.
  public var systemTime: Int64 = 0

  /// Host name.
  public var name = ""
  /// The kernel's release, `6.1.0-18-amd64`.
  public var kernelVersion = ""
  /// PRETTY_NAME of os-release(5).
  public var operatingSystem = ""
  /// VERSION_ID of os-release(5).
  public var operatingSystemVersion = ""
  /// As the kernel names it: `x86_64`.
  public var architecture = ""
  public var processors = 0
  /// Bytes.
  public var memory: Int64 = 0

  public var loggingDriver = "json-file"
  public var loggingDrivers = ["json-file", "local", "none"]
  public var networkDrivers: [String] = []
  public var volumeDrivers = ["local"]
  /// `KEY=VALUE`, from the configuration.
  public var labels: [String] = []
  public var runtimes: [Runtime] = []
  public var defaultRuntime = ""
  /// Program of `--init`; empty where none is installed.
  public var initProgram = ""
  /// `name=seccomp,profile=builtin`, `name=cgroupns`, …
  public var securityOptions: [String] = []
  /// Containers outlive the engine, always.
  public var liveRestore = true
  /// Mirrors of Docker Hub.
  public var registryMirrors: [String] = []
  /// Registries that may be asked without TLS.
  public var insecureRegistries: [String] = []
  /// What is missing on this host, in docker's words.
  public var warnings: [String] = []

  public init() {}
}
