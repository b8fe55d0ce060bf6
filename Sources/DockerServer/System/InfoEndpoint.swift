import ContainerEngine
import DockerAPI
import HTTPService

/// `GET /info`: the engine and its host.
enum InfoEndpoint {
  static let info: Endpoint = { call in
    let engine = call.engine
    let facts = await engine.information()
    var info = SystemInfo()
    info.id = engine.id
    for record in engine.containers() {
      info.containers += 1
      switch record.state.status {
      case .paused: info.containersPaused += 1
      case .running, .restarting: info.containersRunning += 1
      default: info.containersStopped += 1
      }
    }
    info.images = try await engine.images.list().count
    info.driver = "overlay2"
    info.driverStatus = facts.storageStatus.map { [$0.name, $0.value] }
    info.plugins.volume = ["local"]
    info.plugins.network = ["bridge", "host", "null"]
    info.plugins.log = ["json-file", "local", "none"]
    host(facts, &info)
    registries(engine, &info)
    info.loggingDriver = engine.configuration.defaultLogging.driver
    if info.loggingDriver.isEmpty { info.loggingDriver = "json-file" }
    info.systemTime = Timestamps.now
    info.dockerRootDir = engine.configuration.dataDirectory
    info.labels = engine.configuration.labels
    info.serverVersion = call.product.version
    info.runtimes = Dictionary(
      facts.runtimes.map { runtime in
        var entry = RuntimeInfo()
        entry.path = runtime.path
        return (runtime.name, entry)
      }, uniquingKeysWith: { first, _ in first })
    info.defaultRuntime = facts.defaultRuntime
    // Containers outlive the engine, always.
    info.liveRestoreEnabled = true
    info.isolation = ""
    info.securityOptions = facts.securityOptions
    if call.version < APIVersion(1, 49) { info.firewallBackend = nil }
    info.warnings = facts.warnings.isEmpty ? nil : facts.warnings
    return .json(info)
  }

  private static func host(_ facts: EngineInformation, _ info: inout SystemInfo) {
    info.memoryLimit = facts.memoryLimit
    info.swapLimit = facts.swapLimit
    info.cpuCfsPeriod = facts.cpuQuota
    info.cpuCfsQuota = facts.cpuQuota
    info.cpuShares = facts.cpuShares
    info.cpuSet = facts.cpuSet
    info.pidsLimit = facts.pidsLimit
    info.oomKillDisable = facts.oomKillDisable
    info.ipv4Forwarding = facts.ipv4Forwarding
    info.cgroupDriver = facts.cgroupDriver
    info.cgroupVersion = facts.cgroupVersion
    info.kernelVersion = facts.kernelVersion
    info.operatingSystem = facts.operatingSystem
    info.osVersion = facts.osVersion
    info.osType = "linux"
    info.architecture = facts.architecture
    info.nCPU = facts.processors
    info.memTotal = facts.memory
    info.name = facts.hostName
    info.nFd = facts.openFiles
    info.initBinary = facts.initBinary
    var firewall = FirewallInfo()
    firewall.driver = "nftables"
    info.firewallBackend = firewall
  }

  private static func registries(_ engine: ContainerEngine, _ info: inout SystemInfo) {
    info.indexServerAddress = "https://index.docker.io/v1/"
    let configuration = engine.images.configuration
    var registries = RegistryServiceConfig()
    registries.insecureRegistryCIDRs = ["127.0.0.0/8", "::1/128"]
    registries.mirrors = configuration.mirrors
    var official = RegistryIndexInfo()
    official.name = "docker.io"
    official.mirrors = configuration.mirrors
    official.secure = true
    official.official = true
    registries.indexConfigs["docker.io"] = official
    for host in configuration.insecureRegistries {
      if host.contains("/") {
        registries.insecureRegistryCIDRs.append(host)
        continue
      }
      var index = RegistryIndexInfo()
      index.name = host
      registries.indexConfigs[host] = index
    }
    info.registryConfig = registries
  }
}
