import AsyncWork
import ContainerRuntime
import ImageStore
import Linux
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// What this engine is and where it runs (`docker info`).
  public func information() async -> EngineInformation {
    var information = EngineInformation()
    information.id = id
    for record in containers() {
      switch record.state.status {
      case .running: information.containersRunning += 1
      case .paused: information.containersPaused += 1
      default: information.containersStopped += 1
      }
    }
    do { information.images = try await images.list().count } catch { Log.warning("counting images: \(error)") }
    information.dataDirectory = configuration.dataDirectory
    describeLimits(&information)
    await describeHost(&information)
    await describeRuntimes(&information)
    let driver = configuration.defaultLogging.driver
    information.loggingDriver = driver.isEmpty ? "json-file" : driver
    information.networkDrivers = network.driverNames
    information.firewallBackend = network.firewallBackend.rawValue
    information.labels = configuration.labels
    information.registryMirrors = images.configuration.mirrors
    information.insecureRegistries = images.configuration.insecureRegistries
    information.warnings = Self.warnings(information) + (await network.forwardingWarnings())
    return information
  }

  /// The version of the host's control groups: 1 or 2.
  public var cgroupVersion: Int { runtime.features.cgroups.version }

  private func describeLimits(_ information: inout EngineInformation) {
    let cgroups = runtime.features.cgroups
    information.cgroupVersion = cgroups.version
    information.memoryLimit = cgroups.memoryLimit
    information.swapLimit = cgroups.swapLimit
    information.oomKillDisable = cgroups.oomKillDisable
    information.cpuShares = cgroups.cpuShares
    information.cpuPeriod = cgroups.cpuQuota
    information.cpuQuota = cgroups.cpuQuota
    information.cpuSet = cgroups.cpuset
    information.pidsLimit = cgroups.pidsLimit
    // The profile is always there: Linux has had seccomp filters since 3.5.
    information.securityOptions = ["name=seccomp,profile=builtin"]
    if runtime.features.appArmor { information.securityOptions.insert("name=apparmor", at: 0) }
    if cgroups.version == 2 { information.securityOptions.append("name=cgroupns") }
    if configuration.noNewPrivileges { information.securityOptions.append("name=no-new-privileges") }
  }

  private func describeHost(_ information: inout EngineInformation) async {
    information.name = SystemFacts.hostName
    information.kernelVersion = SystemFacts.kernelRelease
    information.architecture = SystemFacts.machine
    information.processors = HostFacts.processors
    information.memory = SystemFacts.totalMemory
    information.systemTime = Clock.realtime
    let directory = configuration.dataDirectory
    do {
      let facts = try await pool.run { try HostReading(dataDirectory: directory) }
      information.operatingSystem = facts.system.prettyName
      information.operatingSystemVersion = facts.system.version
      information.ipv4Forwarding = facts.forwards
      information.openDescriptors = facts.descriptors
      information.threads = facts.threads
      information.storageStatus = [
        ("Backing Filesystem", facts.fileSystem), ("Supports d_type", "true"), ("Using metacopy", "false"),
        ("Native Overlay Diff", "true"), ("userxattr", "false"),
      ]
      information.initProgram = facts.initProgram
    } catch { Log.warning("reading about this host: \(error)") }
  }

  private func describeRuntimes(_ information: inout EngineInformation) async {
    for program in runtime.installedRuntimes() {
      let version = await runtime.version(of: program.path).version
      information.runtimes.append(.init(name: program.name, path: program.path, version: version))
    }
    do { information.defaultRuntime = try runtime.runtime(named: nil).name } catch {
      information.warnings.append("\(error)")
    }
  }

  /// Docker's words about what the kernel does not offer.
  static func warnings(_ information: EngineInformation) -> [String] {
    var warnings = information.warnings
    if !information.memoryLimit { warnings.append("WARNING: No memory limit support") }
    if !information.swapLimit { warnings.append("WARNING: No swap limit support") }
    if information.cgroupVersion == 1, !information.oomKillDisable {
      warnings.append("WARNING: No oom kill disable support")
    }
    if !information.cpuPeriod { warnings.append("WARNING: No cpu cfs period support") }
    if !information.cpuQuota { warnings.append("WARNING: No cpu cfs quota support") }
    if !information.cpuShares { warnings.append("WARNING: No cpu shares support") }
    if !information.cpuSet { warnings.append("WARNING: No cpuset support") }
    if !information.pidsLimit { warnings.append("WARNING: No pids limit support") }
    if !information.ipv4Forwarding { warnings.append("WARNING: IPv4 forwarding is disabled") }
    return warnings
  }
}

/// What files of the host tell. Blocks.
private struct HostReading: Sendable {
  var system = OperatingSystemRelease(parsing: "")
  var forwards: Bool
  var descriptors: Int
  var threads: Int
  var fileSystem: String
  var initProgram: String

  init(dataDirectory: String) throws {
    for path in ["/etc/os-release", "/usr/lib/os-release"] where FileSystem.exists(path) {
      system = OperatingSystemRelease(parsing: try FileSystem.readText(path))
      break
    }
    let forwarding = "/proc/sys/net/ipv4/ip_forward"
    forwards = FileSystem.exists(forwarding) ? try FileSystem.readText(forwarding).hasPrefix("1") : false
    descriptors = try FileSystem.list("/proc/self/fd").count
    threads = try FileSystem.list("/proc/self/task").count
    fileSystem = Self.name(of: try FileSystem.capacity(dataDirectory).type)
    initProgram =
      ["/usr/bin/docker-init", "/usr/bin/tini-static", "/usr/bin/tini", "/usr/libexec/docker/docker-init"]
      .first { FileSystem.isExecutable($0) } ?? ""
  }

  /// The file systems that people keep containers on, by their magic (statfs(2)), in docker's spelling.
  private static func name(of magic: UInt64) -> String {
    switch magic {
    case 0xEF53: "extfs"
    case 0x5846_5342: "xfs"
    case 0x9123_683E: "btrfs"
    case 0x0102_1994: "tmpfs"
    case 0x794C_7630: "overlayfs"
    case 0x2FC1_2FC1: "zfs"
    case 0xF2F5_2010: "f2fs"
    default: "<unknown>"
    }
  }
}
