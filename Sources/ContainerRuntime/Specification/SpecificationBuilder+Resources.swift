import Linux
import OCI

extension SpecificationBuilder {
  /// Limits in the runtime's words. What the host cannot limit is left out, as docker does with a warning (see
  /// `HostFeatures.warnings`).
  func resources(
    _ specification: ResourceSpecification, _ resolved: ResolvedHostObjects
  ) throws(RuntimeError) -> RuntimeResources {
    var resources = try Self.resources(specification, features: host)
    for device in specification.blockIODevices {
      guard let number = resolved.blockDevices[device.path] else {
        throw RuntimeError(.invalidSpecification, "block device \(device.path) is not there")
      }
      func entry(_ value: RuntimeBlockIO.Value) -> RuntimeBlockIO {
        RuntimeBlockIO(major: number.major, minor: number.minor, value)
      }
      switch device.kind {
      case .weight:
        if host.cgroups.blockIOWeight {
          resources.blockIOWeights.append(entry(.weight(UInt16(clamping: device.value))))
        }
      case _ where !host.cgroups.blockIOThrottle: break
      case .readBytes: resources.readBytes.append(entry(.rate(device.value)))
      case .writeBytes: resources.writeBytes.append(entry(.rate(device.value)))
      case .readOperations: resources.readOperations.append(entry(.rate(device.value)))
      case .writeOperations: resources.writeOperations.append(entry(.rate(device.value)))
      }
    }
    return resources
  }

  /// The limits without those that name a device.
  static func resources(
    _ specification: ResourceSpecification, features host: HostFeatures
  ) throws(RuntimeError) -> RuntimeResources {
    var resources = RuntimeResources()
    let cgroups = host.cgroups
    if cgroups.memoryLimit {
      resources.memoryLimit = specification.memory
      resources.memoryReservation = specification.memoryReservation
      if cgroups.swapLimit {
        // Docker's rule: without a word about swap, as much swap as memory.
        resources.memorySwap =
          specification.memorySwap ?? specification.memory.map { $0 > 0 ? $0 &* 2 : -1 }
      }
      if cgroups.version == 1 { resources.memorySwappiness = specification.memorySwappiness }
    }
    if cgroups.oomKillDisable, specification.disableOOMKiller == true { resources.disableOOMKiller = true }
    if cgroups.cpuShares { resources.cpuShares = specification.cpuShares }
    if cgroups.cpuQuota {
      resources.cpuQuota = specification.cpuQuota
      resources.cpuPeriod = specification.cpuPeriod
      if let nano = specification.nanoCPUs, nano > 0 {
        guard specification.cpuQuota == nil, specification.cpuPeriod == nil else {
          throw RuntimeError(
            .invalidSpecification, "Conflicting options: Nano CPUs and CPU Quota or Period cannot both be set.")
        }
        resources.cpuPeriod = 100_000
        resources.cpuQuota = nano / 10_000
      }
    }
    if cgroups.cpuRealtime {
      resources.cpuRealtimePeriod = specification.cpuRealtimePeriod
      resources.cpuRealtimeRuntime = specification.cpuRealtimeRuntime
    }
    if cgroups.cpuset {
      resources.cpus = specification.cpuset
      resources.memoryNodes = specification.memoryNodes
    }
    if cgroups.pidsLimit { resources.pidsLimit = specification.pids.map { $0 > 0 ? $0 : -1 } }
    if cgroups.blockIOWeight { resources.blockIOWeight = specification.blockIOWeight }
    return resources
  }
}
