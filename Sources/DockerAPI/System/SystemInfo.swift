/// Answer of `GET /info`: moby's `system.Info`.
public struct SystemInfo: JSONObject, Hashable {
  public static let goType = "system.Info"

  public var id = ""
  public var containers = 0
  public var containersRunning = 0
  public var containersPaused = 0
  public var containersStopped = 0
  public var images = 0
  public var driver = ""
  public var driverStatus: [[String]]?
  public var plugins = PluginsInfo()
  public var memoryLimit = false
  public var swapLimit = false
  public var cpuCfsPeriod = false
  public var cpuCfsQuota = false
  public var cpuShares = false
  public var cpuSet = false
  public var pidsLimit = false
  public var ipv4Forwarding = false
  public var debug = false
  public var nFd = 0
  public var oomKillDisable = false
  public var nGoroutines = 0
  public var systemTime = Timestamp()
  public var loggingDriver = ""
  public var cgroupDriver = ""
  public var cgroupVersion = ""
  public var nEventsListener = 0
  public var kernelVersion = ""
  public var operatingSystem = ""
  public var osVersion = ""
  public var osType = ""
  public var architecture = ""
  public var indexServerAddress = ""
  public var registryConfig: RegistryServiceConfig?
  public var nCPU = 0
  public var memTotal: Int64 = 0
  public var genericResources: [JSONValue]?
  public var dockerRootDir = ""
  public var httpProxy = ""
  public var httpsProxy = ""
  public var noProxy = ""
  public var name = ""
  public var labels: [String]?
  public var experimentalBuild = false
  public var serverVersion = ""
  public var runtimes: [String: RuntimeInfo]?
  public var defaultRuntime = ""
  public var swarm = SwarmInfo()
  public var liveRestoreEnabled = false
  public var isolation = ""
  public var initBinary = ""
  public var containerdCommit = CommitInfo()
  public var runcCommit = CommitInfo()
  public var initCommit = CommitInfo()
  public var securityOptions: [String]?
  public var productLicense = ""
  public var defaultAddressPools: [AddressPoolInfo]?
  public var firewallBackend: FirewallInfo?
  public var cdiSpecDirs: [String]?
  public var warnings: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ID", &id)
    visit("Containers", &containers)
    visit("ContainersRunning", &containersRunning)
    visit("ContainersPaused", &containersPaused)
    visit("ContainersStopped", &containersStopped)
    visit("Images", &images)
    visit("Driver", &driver)
    visit("DriverStatus", &driverStatus)
    visit("Plugins", &plugins)
    visit("MemoryLimit", &memoryLimit)
    visit("SwapLimit", &swapLimit)
    visit("CpuCfsPeriod", &cpuCfsPeriod)
    visit("CpuCfsQuota", &cpuCfsQuota)
    visit("CPUShares", &cpuShares)
    visit("CPUSet", &cpuSet)
    visit("PidsLimit", &pidsLimit)
    visit("IPv4Forwarding", &ipv4Forwarding)
    visit("Debug", &debug)
    visit("NFd", &nFd)
    visit("OomKillDisable", &oomKillDisable)
    visit("NGoroutines", &nGoroutines)
    visit("SystemTime", &systemTime)
    visit("LoggingDriver", &loggingDriver)
    visit("CgroupDriver", &cgroupDriver)
    visit("CgroupVersion", &cgroupVersion, .omitEmpty)
    visit("NEventsListener", &nEventsListener)
    visit("KernelVersion", &kernelVersion)
    visit("OperatingSystem", &operatingSystem)
    visit("OSVersion", &osVersion)
    visit("OSType", &osType)
    visit("Architecture", &architecture)
    visit("IndexServerAddress", &indexServerAddress)
    visit("RegistryConfig", &registryConfig)
    visit("NCPU", &nCPU)
    visit("MemTotal", &memTotal)
    visit("GenericResources", &genericResources)
    visit("DockerRootDir", &dockerRootDir)
    visit("HttpProxy", &httpProxy)
    visit("HttpsProxy", &httpsProxy)
    visit("NoProxy", &noProxy)
    visit("Name", &name)
    visit("Labels", &labels)
    visit("ExperimentalBuild", &experimentalBuild)
    visit("ServerVersion", &serverVersion)
    visit("Runtimes", &runtimes)
    visit("DefaultRuntime", &defaultRuntime)
    visit("Swarm", &swarm)
    visit("LiveRestoreEnabled", &liveRestoreEnabled)
    visit("Isolation", &isolation)
    visit("InitBinary", &initBinary)
    visit("ContainerdCommit", &containerdCommit)
    visit("RuncCommit", &runcCommit)
    visit("InitCommit", &initCommit)
    visit("SecurityOptions", &securityOptions)
    visit("ProductLicense", &productLicense, .omitEmpty)
    visit("DefaultAddressPools", &defaultAddressPools, .omitEmpty)
    visit("FirewallBackend", &firewallBackend, .omitEmpty)
    visit("CDISpecDirs", &cdiSpecDirs)
    visit("Warnings", &warnings)
  }
}
