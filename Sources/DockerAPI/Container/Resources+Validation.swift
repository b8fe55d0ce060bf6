extension Resources {
  private static let smallestMemory: Int64 = 6 << 20

  /// Refuses limits that contradict each other or are out of range, in Docker's words.
  ///
  /// - Parameter update: An update may set the swap limit alone, since the memory limit may be there already.
  public func validate(update: Bool = false) throws(QueryError) {
    if memory != 0, memory < Self.smallestMemory { throw QueryError("Minimum memory limit allowed is 6MB") }
    if memory > 0, memorySwap > 0, memorySwap < memory {
      throw QueryError("Minimum memoryswap limit should be larger than memory limit, see usage")
    }
    if memory == 0, memorySwap > 0, !update {
      throw QueryError("You should always set the Memory limit when using Memoryswap limit, see usage")
    }
    if let swappiness = memorySwappiness, !(-1...100).contains(swappiness) {
      throw QueryError("Invalid value: \(swappiness), valid memory swappiness range is 0-100")
    }
    if memoryReservation > 0, memoryReservation < Self.smallestMemory {
      throw QueryError("Minimum memory reservation allowed is 6MB")
    }
    if memory > 0, memoryReservation > 0, memory < memoryReservation {
      throw QueryError("Minimum memory limit can not be less than memory reservation limit, see usage")
    }
    try validateProcessors()
    if blkioWeight > 0, !(10...1000).contains(blkioWeight) {
      throw QueryError("Range of blkio weight is from 10 to 1000")
    }
    for device in devices ?? [] { try device.validate() }
    for limit in ulimits ?? [] where limit.hard >= 0 && (limit.soft > limit.hard || limit.soft == -1) {
      throw QueryError("ulimit soft limit must be less than or equal to hard limit: \(limit.soft) > \(limit.hard)")
    }
  }

  private func validateProcessors() throws(QueryError) {
    if nanoCpus > 0, cpuPeriod > 0 {
      throw QueryError("Conflicting options: Nano CPUs and CPU Period cannot both be set")
    }
    if nanoCpus > 0, cpuQuota > 0 {
      throw QueryError("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
    }
    if nanoCpus < 0 { throw QueryError("range of CPUs is from 0.01 to the number of CPUs available") }
    if cpuPeriod != 0, !(1000...1_000_000).contains(cpuPeriod) {
      throw QueryError("CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
    }
    if cpuQuota > 0, cpuQuota < 1000 { throw QueryError("CPU cfs quota can not be less than 1ms (i.e. 1000)") }
    for (text, name) in [(cpusetCpus, "cpus"), (cpusetMems, "mems")] where !Self.isSet(text) {
      throw QueryError("Invalid value \(text) for cpuset \(name)")
    }
  }

  /// `0-2,4`
  private static func isSet(_ text: String) -> Bool {
    if text.isEmpty { return true }
    return text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
      switch ends.count {
      case 1: return ends[0] != nil
      case 2:
        guard let low = ends[0], let high = ends[1] else { return false }
        return low <= high
      default: return false
      }
    }
  }
}

extension DeviceMapping {
  fileprivate func validate() throws(QueryError) {
    guard cgroupPermissions.allSatisfy({ "rwm".contains($0) }) else {
      throw QueryError("invalid device mode: \(cgroupPermissions)")
    }
  }
}
