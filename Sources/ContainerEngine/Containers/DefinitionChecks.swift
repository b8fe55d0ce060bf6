/// What cannot be asked for, refused before anything is made, in docker's words.
enum DefinitionChecks {
  static func validate(_ definition: ContainerDefinition) throws(EngineError) {
    if definition.autoRemove, definition.restartPolicy.mode != .never {
      throw EngineError(.invalidParameter, "can't create 'AutoRemove' container with restart policy")
    }
    if definition.restartPolicy.maximumRetries != 0, definition.restartPolicy.mode != .onFailure {
      throw EngineError(
        .invalidParameter,
        "invalid restart policy: maximum retry count can only be used with 'on-failure'")
    }
    if definition.restartPolicy.maximumRetries < 0 {
      throw EngineError(.invalidParameter, "invalid restart policy: maximum retry count cannot be negative")
    }
    try validate(definition.resources)
    for device in definition.devices {
      guard !device.permissions.isEmpty, Set(device.permissions).isSubset(of: ["r", "w", "m"]) else {
        throw EngineError(.invalidParameter, "invalid device mode: \(device.permissions)")
      }
    }
    for limit in definition.resourceLimits where limit.hard != -1 && limit.soft > limit.hard {
      throw EngineError(
        .invalidParameter, "ulimit soft limit must be less than or equal to hard limit: \(limit.soft) > \(limit.hard)")
    }
    if let hostname = definition.hostname, hostname.utf8.count > 64 {
      throw EngineError(.invalidParameter, "invalid hostname: \(hostname) is longer than 64 bytes")
    }
    try validateNetwork(definition)
    try validateMounts(definition)
    for entry in definition.extraHosts {
      guard let separator = entry.firstIndex(where: { $0 == ":" || $0 == "=" }), separator != entry.startIndex else {
        throw EngineError(.invalidParameter, "bad format for add-host: \"\(entry)\"")
      }
    }
    if let health = definition.healthCheck {
      for (name, value, least) in [
        ("Interval", health.interval, 1_000_000), ("Timeout", health.timeout, 1_000_000),
        ("StartPeriod", health.startPeriod, 1_000_000), ("StartInterval", health.startInterval, 1_000_000),
      ] as [(String, Int64, Int64)] where value != 0 && value < least {
        throw EngineError(.invalidParameter, "\(name) in Healthcheck cannot be less than 1ms")
      }
      if health.retries < 0 { throw EngineError(.invalidParameter, "Retries in Healthcheck cannot be negative") }
    }
    if definition.sharedMemorySize ?? 0 < 0 { throw EngineError(.invalidParameter, "SHM size can not be less than 0") }
  }

  static func validate(_ resources: ResourceLimits) throws(EngineError) {
    if let memory = resources.memory, memory != 0, memory > 0, memory < 6 << 20 {
      throw EngineError(.invalidParameter, "Minimum memory limit allowed is 6MB")
    }
    if let swap = resources.memorySwap, swap > 0 {
      guard let memory = resources.memory, memory > 0 else {
        throw EngineError(
          .invalidParameter, "You should always set the Memory limit when using Memoryswap limit, see usage")
      }
      if swap < memory {
        throw EngineError(
          .invalidParameter, "Minimum memoryswap limit should be larger than memory limit, see usage")
      }
    }
    if let reservation = resources.memoryReservation, let memory = resources.memory, memory > 0, reservation > memory {
      throw EngineError(
        .invalidParameter, "Minimum memory limit can not be less than memory reservation limit, see usage")
    }
    if let nano = resources.nanoCPUs, nano != 0 {
      if resources.cpuPeriod ?? 0 != 0 {
        throw EngineError(
          .invalidParameter,
          "Conflicting options: Nano CPUs and CPU Period cannot both be set")
      }
      if resources.cpuQuota ?? 0 != 0 {
        throw EngineError(.invalidParameter, "Conflicting options: Nano CPUs and CPU Quota cannot both be set")
      }
      if nano < 0 || nano > Int64(HostFacts.processors) * 1_000_000_000 {
        throw EngineError(
          .invalidParameter,
          "range of CPUs is from 0.01 to \(HostFacts.processors).00, as there are only \(HostFacts.processors) CPUs "
            + "available")
      }
    }
    if let period = resources.cpuPeriod, period != 0, period < 1000 || period > 1_000_000 {
      throw EngineError(
        .invalidParameter, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    }
    if let quota = resources.cpuQuota, quota > 0, quota < 1000 {
      throw EngineError(.invalidParameter, "CPU cfs quota can not be less than 1ms (i.e. 1000)")
    }
    if let weight = resources.blockIOWeight, weight != 0, weight < 10 || weight > 1000 {
      throw EngineError(.invalidParameter, "Range of blkio weight is from 10 to 1000")
    }
    if let swappiness = resources.memorySwappiness, swappiness < -1 || swappiness > 100 {
      throw EngineError(
        .invalidParameter, "Invalid value: \(swappiness), valid memory swappiness range is 0-100")
    }
    if let adjustment = resources.oomScoreAdjustment, adjustment < -1000 || adjustment > 1000 {
      throw EngineError(
        .invalidParameter, "Invalid value \(adjustment), range for oom score adj is [-1000, 1000]")
    }
  }

  private static func validateNetwork(_ definition: ContainerDefinition) throws(EngineError) {
    switch definition.network {
    case .container(let name):
      if name.isEmpty { throw EngineError(.invalidParameter, "invalid container format container:<name|id>") }
      if definition.hostname != nil { throw conflict("hostname and the network mode") }
      if !definition.publishedPorts.isEmpty || definition.publishAllPorts {
        throw conflict("port publishing and the container type network mode")
      }
      if !definition.nameServers.isEmpty { throw conflict("dns and the network mode") }
      if !definition.extraHosts.isEmpty { throw conflict("custom host-to-IP mapping and the network mode") }
    case .host:
      if definition.namespaces.uts == .host, definition.hostname != nil { throw conflict("hostname and the UTS mode") }
    case .network, .none: break
    }
  }

  private static func conflict(_ what: String) -> EngineError {
    EngineError(.invalidParameter, "conflicting options: \(what)")
  }

  private static func validateMounts(_ definition: ContainerDefinition) throws(EngineError) {
    var seen: Set<String> = []
    for mount in definition.mounts {
      guard mount.target.hasPrefix("/") else {
        throw EngineError(
          .invalidParameter,
          "invalid mount config for type \"\(mount.kind.rawValue)\": invalid mount path: '\(mount.target)' mount path "
            + "must be absolute")
      }
      if PathRules.clean(mount.target) == "/" {
        throw EngineError(
          .invalidParameter, "invalid volume specification: destination can't be '/'")
      }
      if !seen.insert(PathRules.clean(mount.target)).inserted {
        throw EngineError(.invalidParameter, "Duplicate mount point: \(mount.target)")
      }
      if mount.kind == .bind, !mount.source.hasPrefix("/") {
        throw EngineError(
          .invalidParameter,
          "invalid mount config for type \"bind\": invalid mount path: '\(mount.source)' mount path must be absolute")
      }
      if mount.kind == .tmpfs, !mount.source.isEmpty {
        throw EngineError(
          .invalidParameter, "invalid mount config for type \"tmpfs\": field Source must not be specified")
      }
    }
  }
}
