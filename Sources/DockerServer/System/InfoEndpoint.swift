import ContainerEngine
import DockerAPI
import HTTPService

/// `GET /info`: the engine and its host.
enum InfoEndpoint {
  static let info: Endpoint = { call in
    let facts = await call.engine.information()
    var info = SystemInfo()
    info.id = facts.id
    info.containersRunning = facts.containersRunning
    info.containersPaused = facts.containersPaused
    info.containersStopped = facts.containersStopped
    info.containers = facts.containersRunning + facts.containersPaused + facts.containersStopped
    info.images = facts.images
    info.driver = facts.storageDriver
    info.driverStatus = facts.storageStatus.map { [$0.name, $0.value] }
    info.plugins.volume = facts.volumeDrivers
    info.plugins.network = facts.networkDrivers
    info.plugins.log = facts.loggingDrivers
    host(facts, &info)
    info.loggingDriver = facts.loggingDriver
    info.systemTime = Timestamps.wire(facts.systemTime)
    info.indexServerAddress = "https://index.docker.io/v1/"
    info.registryConfig = registries(facts)
    info.dockerRootDir = facts.dataDirectory
    info.labels = facts.labels
    info.serverVersion = call.product.version
    info.runtimes = Dictionary(
      facts.runtimes.filter { !$0.path.isEmpty }.map { runtime in
        var entry = RuntimeInfo()
        entry.path = runtime.path
        return (runtime.name, entry)
      }, uniquingKeysWith: { first, _ in first })
    info.defaultRuntime = facts.defaultRuntime
    info.runcCommit.id = facts.runtimes.first { $0.name == "runc" }?.version ?? ""
    info.liveRestoreEnabled = facts.liveRestore
    info.initBinary = facts.initProgram
    info.securityOptions = facts.securityOptions
    if call.version < APIVersion(1, 25) {
      info.securityOptions = facts.securityOptions.map { option in
        String(option.prefix { $0 != "," }.drop { $0 != "=" }.dropFirst())
      }
    }
    if call.version < APIVersion(1, 49) {
      info.firewallBackend = nil
      info.runcCommit.expected = info.runcCommit.id
    }
    info.warnings = facts.warnings.isEmpty ? nil : facts.warnings
    return .json(info)
  }

  private static func host(_ facts: EngineInformation, _ info: inout SystemInfo) {
    info.memoryLimit = facts.memoryLimit
    info.swapLimit = facts.swapLimit
    info.cpuCfsPeriod = facts.cpuPeriod
    info.cpuCfsQuota = facts.cpuQuota
    info.cpuShares = facts.cpuShares
    info.cpuSet = facts.cpuSet
    info.pidsLimit = facts.pidsLimit
    info.oomKillDisable = facts.oomKillDisable
    info.ipv4Forwarding = facts.ipv4Forwarding
    info.cgroupDriver = facts.cgroupDriver
    info.cgroupVersion = facts.cgroupVersion == 0 ? "" : String(facts.cgroupVersion)
    info.kernelVersion = facts.kernelVersion
    info.operatingSystem = facts.operatingSystem
    info.osVersion = facts.operatingSystemVersion
    info.osType = "linux"
    info.architecture = facts.architecture
    info.nCPU = facts.processors
    info.memTotal = facts.memory
    info.name = facts.name
    info.nFd = facts.openDescriptors
    // What Go calls goroutines has no counterpart that could be counted here; threads come nearest.
    info.nGoroutines = facts.threads
    var firewall = FirewallInfo()
    firewall.driver = facts.firewallBackend
    info.firewallBackend = firewall
  }

  private static func registries(_ facts: EngineInformation) -> RegistryServiceConfig {
    var registries = RegistryServiceConfig()
    registries.insecureRegistryCIDRs = ["127.0.0.0/8", "::1/128"]
    registries.mirrors = facts.registryMirrors
    var official = RegistryIndexInfo()
    official.name = "docker.io"
    official.mirrors = facts.registryMirrors
    official.secure = true
    official.official = true
    registries.indexConfigs["docker.io"] = official
    for host in facts.insecureRegistries {
      if host.contains("/") {
        registries.insecureRegistryCIDRs.append(host)
        continue
      }
      var index = RegistryIndexInfo()
      index.name = host
      registries.indexConfigs[host] = index
    }
    return registries
  }
}
