import ContainerEngine
import DockerAPI

extension DefinitionTranslation {
  static func security(_ host: HostConfig) throws(QueryError) -> SecurityChoices {
    var security = SecurityChoices()
    security.privileged = host.privileged
    security.addedCapabilities = try CapabilityNames.normalize(host.capAdd?.words ?? [], field: "CapAdd")
    security.droppedCapabilities = try CapabilityNames.normalize(host.capDrop?.words ?? [], field: "CapDrop")
    security.maskedPaths = host.maskedPaths
    security.readOnlyPaths = host.readonlyPaths
    for option in host.securityOpt ?? [] { try apply(option, &security) }
    return security
  }

  private static func apply(_ option: String, _ security: inout SecurityChoices) throws(QueryError) {
    if option == "no-new-privileges" {
      security.noNewPrivileges = true
      return
    }
    guard let separator = option.firstIndex(of: "=") ?? option.firstIndex(of: ":") else {
      if option == "disable" { return }
      throw QueryError("invalid --security-opt 1: \"\(option)\"")
    }
    let value = String(option[option.index(after: separator)...])
    switch option[..<separator] {
    // SELinux labels; without SELinux they have no effect, in Docker as here.
    case "label": return
    case "apparmor": security.apparmorProfile = value
    case "seccomp": security.seccompProfile = value == "builtin" ? nil : value
    case "no-new-privileges":
      switch value.lowercased() {
      case "1", "t", "true": security.noNewPrivileges = true
      case "0", "f", "false": security.noNewPrivileges = false
      default: throw QueryError("invalid --security-opt 2: \"\(option)\"")
      }
    default: throw QueryError("invalid --security-opt 2: \"\(option)\"")
    }
  }

  static func namespaces(_ host: HostConfig) -> NamespaceChoices {
    var namespaces = NamespaceChoices()
    namespaces.ipc = choice(host.ipcMode)
    namespaces.pid = choice(host.pidMode)
    namespaces.uts = choice(host.utsMode)
    namespaces.cgroup = choice(host.cgroupnsMode)
    namespaces.user = choice(host.usernsMode)
    return namespaces
  }

  private static func choice(_ mode: String) -> NamespaceChoices.Choice {
    switch NamespaceMode(mode) {
    case .unset, .named: .standard
    case .host: .host
    case .none: .none
    case .private: .private
    case .shareable: .shareable
    case .container(let reference): .container(reference)
    }
  }

  /// Zero means "not set" in Docker's limits.
  static func limits(_ resources: Resources) -> ResourceLimits {
    var limits = ResourceLimits()
    limits.memory = nonZero(resources.memory)
    limits.memoryReservation = nonZero(resources.memoryReservation)
    limits.memorySwap = nonZero(resources.memorySwap)
    limits.memorySwappiness = resources.memorySwappiness.flatMap { $0 == -1 ? nil : $0 }
    limits.cpuShares = nonZero(resources.cpuShares).map { UInt64(clamping: $0) }
    limits.cpuPeriod = nonZero(resources.cpuPeriod).map { UInt64(clamping: $0) }
    limits.cpuQuota = nonZero(resources.cpuQuota)
    limits.nanoCPUs = nonZero(resources.nanoCpus)
    limits.cpuset = nonEmpty(resources.cpusetCpus)
    limits.memoryNodes = nonEmpty(resources.cpusetMems)
    limits.pids = resources.pidsLimit
    limits.blockIOWeight = resources.blkioWeight == 0 ? nil : resources.blkioWeight
    limits.blockIODevices =
      (resources.blkioWeightDevice ?? []).map {
        BlockDeviceLimit(kind: .weight, path: $0.path, value: UInt64($0.weight))
      }
      + throttles(.readBytes, resources.blkioDeviceReadBps) + throttles(.writeBytes, resources.blkioDeviceWriteBps)
      + throttles(.readOperations, resources.blkioDeviceReadIOps)
      + throttles(.writeOperations, resources.blkioDeviceWriteIOps)
    limits.disableOOMKiller = resources.oomKillDisable == true ? true : nil
    limits.cgroupParent = nonEmpty(resources.cgroupParent)
    return limits
  }

  private static func throttles(_ kind: BlockDeviceLimit.Kind, _ devices: [ThrottleDevice]?) -> [BlockDeviceLimit] {
    (devices ?? []).map { BlockDeviceLimit(kind: kind, path: $0.path, value: $0.rate) }
  }

  private static func nonZero(_ number: Int64) -> Int64? { number == 0 ? nil : number }
}
