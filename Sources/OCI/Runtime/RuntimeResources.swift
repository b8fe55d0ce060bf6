/// Limits of a cgroup (config-linux.md, Control groups), in the words of cgroup v1 as the specification has it; runtimes
/// translate for v2.
public struct RuntimeResources: Sendable, Equatable {
  public var devices: [RuntimeDeviceRule] = []
  public var memoryLimit: Int64?
  public var memoryReservation: Int64?
  public var memorySwap: Int64?
  public var memorySwappiness: Int64?
  public var disableOOMKiller: Bool?
  public var cpuShares: UInt64?
  public var cpuQuota: Int64?
  public var cpuPeriod: UInt64?
  public var cpuRealtimeRuntime: Int64?
  public var cpuRealtimePeriod: UInt64?
  public var cpus: String?
  public var memoryNodes: String?
  public var pidsLimit: Int64?
  public var blockIOWeight: UInt16?
  public var blockIOWeights: [RuntimeBlockIO] = []
  public var readBytes: [RuntimeBlockIO] = []
  public var writeBytes: [RuntimeBlockIO] = []
  public var readOperations: [RuntimeBlockIO] = []
  public var writeOperations: [RuntimeBlockIO] = []

  public init() {}
}

extension RuntimeResources: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    let hasMemory =
      memoryLimit != nil || memoryReservation != nil || memorySwap != nil || memorySwappiness != nil
      || disableOOMKiller != nil
    let hasCPU =
      cpuShares != nil || cpuQuota != nil || cpuPeriod != nil || cpuRealtimeRuntime != nil || cpuRealtimePeriod != nil
      || cpus != nil || memoryNodes != nil
    let hasBlockIO =
      blockIOWeight != nil
      || [blockIOWeights, readBytes, writeBytes, readOperations, writeOperations].contains { !$0.isEmpty }
    writer.object { w in
      w.member("devices", devices)
      if hasMemory { w.group("memory", writeMemory) }
      if hasCPU { w.group("cpu", writeCPU) }
      if let pidsLimit { w.group("pids") { $0.member("limit", pidsLimit) } }
      if hasBlockIO { w.group("blockIO", writeBlockIO) }
    }
  }

  private func writeMemory(_ w: inout JSONWriter) {
    w.member("limit", memoryLimit)
    w.member("reservation", memoryReservation)
    w.member("swap", memorySwap)
    w.member("swappiness", memorySwappiness)
    w.member("disableOOMKiller", disableOOMKiller)
  }

  private func writeCPU(_ w: inout JSONWriter) {
    w.member("shares", cpuShares)
    w.member("quota", cpuQuota)
    w.member("period", cpuPeriod)
    w.member("realtimeRuntime", cpuRealtimeRuntime)
    w.member("realtimePeriod", cpuRealtimePeriod)
    w.member("cpus", cpus)
    w.member("mems", memoryNodes)
  }

  private func writeBlockIO(_ w: inout JSONWriter) {
    w.member("weight", blockIOWeight)
    w.member("weightDevice", blockIOWeights)
    w.member("throttleReadBpsDevice", readBytes)
    w.member("throttleWriteBpsDevice", writeBytes)
    w.member("throttleReadIOPSDevice", readOperations)
    w.member("throttleWriteIOPSDevice", writeOperations)
  }
}

extension JSONWriter {
  /// A member that is an object.
  mutating func group(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    key(name)
    object(body)
  }
}

/// A rule of the devices cgroup; nil numbers stand for all.
public struct RuntimeDeviceRule: Sendable, Equatable, JSONWritable {
  public var allow: Bool
  /// `a`, `c` or `b`; nil for all.
  public var type: String?
  public var major: Int64?
  public var minor: Int64?
  /// Of `r`, `w`, `m`.
  public var access: String

  public init(allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String) {
    self.allow = allow
    self.type = type
    self.major = major
    self.minor = minor
    self.access = access
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("allow", allow)
      w.member("type", type)
      w.member("major", major)
      w.member("minor", minor)
      w.member("access", access)
    }
  }
}

/// A weight or rate of one block device.
public struct RuntimeBlockIO: Sendable, Equatable, JSONWritable {
  public enum Value: Sendable, Equatable {
    case weight(UInt16)
    case rate(UInt64)
  }
  public var major: Int64
  public var minor: Int64
  public var value: Value

  public init(major: Int64, minor: Int64, _ value: Value) {
    self.major = major
    self.minor = minor
    self.value = value
  }

  public func write(to writer: inout JSONWriter) {
    writer.object { w in
      w.member("major", major)
      w.member("minor", minor)
      switch value {
      case .weight(let weight): w.member("weight", weight)
      case .rate(let rate): w.member("rate", rate)
      }
    }
  }
}
