/// Limits of a container: moby's `container.Resources`, embedded in ``HostConfig`` and in an update. Memory in bytes.
public struct Resources: JSONObject, Hashable {
  public static let goType = "container.Resources"

  public var cpuShares: Int64 = 0
  public var memory: Int64 = 0
  /// Processors × 10⁹.
  public var nanoCpus: Int64 = 0
  public var cgroupParent = ""
  public var blkioWeight: UInt16 = 0
  public var blkioWeightDevice: [WeightDevice]?
  public var blkioDeviceReadBps: [ThrottleDevice]?
  public var blkioDeviceWriteBps: [ThrottleDevice]?
  public var blkioDeviceReadIOps: [ThrottleDevice]?
  public var blkioDeviceWriteIOps: [ThrottleDevice]?
  /// Microseconds.
  public var cpuPeriod: Int64 = 0
  /// Microseconds in each period.
  public var cpuQuota: Int64 = 0
  public var cpuRealtimePeriod: Int64 = 0
  public var cpuRealtimeRuntime: Int64 = 0
  public var cpusetCpus = ""
  public var cpusetMems = ""
  public var devices: [DeviceMapping]?
  public var deviceCgroupRules: [String]?
  public var deviceRequests: [DeviceRequest]?
  public var kernelMemory: Int64 = 0
  public var kernelMemoryTCP: Int64 = 0
  public var memoryReservation: Int64 = 0
  /// Memory and swap together; -1 for unlimited swap.
  public var memorySwap: Int64 = 0
  public var memorySwappiness: Int64?
  public var oomKillDisable: Bool?
  /// 0 or -1 for unlimited; nil leaves it.
  public var pidsLimit: Int64?
  public var ulimits: [Ulimit]?
  public var cpuCount: Int64 = 0
  public var cpuPercent: Int64 = 0
  public var ioMaximumIOps: UInt64 = 0
  public var ioMaximumBandwidth: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("CpuShares", &cpuShares)
    visit("Memory", &memory)
    visit("NanoCpus", &nanoCpus)
    visit("CgroupParent", &cgroupParent)
    visit("BlkioWeight", &blkioWeight)
    visit("BlkioWeightDevice", &blkioWeightDevice)
    visit("BlkioDeviceReadBps", &blkioDeviceReadBps)
    visit("BlkioDeviceWriteBps", &blkioDeviceWriteBps)
    visit("BlkioDeviceReadIOps", &blkioDeviceReadIOps)
    visit("BlkioDeviceWriteIOps", &blkioDeviceWriteIOps)
    visit("CpuPeriod", &cpuPeriod)
    visit("CpuQuota", &cpuQuota)
    visit("CpuRealtimePeriod", &cpuRealtimePeriod)
    visit("CpuRealtimeRuntime", &cpuRealtimeRuntime)
    visit("CpusetCpus", &cpusetCpus)
    visit("CpusetMems", &cpusetMems)
    visit("Devices", &devices)
    visit("DeviceCgroupRules", &deviceCgroupRules)
    visit("DeviceRequests", &deviceRequests)
    visit("KernelMemory", &kernelMemory, .omitEmpty)
    visit("KernelMemoryTCP", &kernelMemoryTCP, .omitEmpty)
    visit("MemoryReservation", &memoryReservation)
    visit("MemorySwap", &memorySwap)
    visit("MemorySwappiness", &memorySwappiness)
    visit("OomKillDisable", &oomKillDisable)
    visit("PidsLimit", &pidsLimit)
    visit("Ulimits", &ulimits)
    visit("CpuCount", &cpuCount)
    visit("CpuPercent", &cpuPercent)
    visit("IOMaximumIOps", &ioMaximumIOps)
    visit("IOMaximumBandwidth", &ioMaximumBandwidth)
  }
}

/// A block device's share of the disk's time.
public struct WeightDevice: JSONObject, Hashable {
  public static let goType = "blkiodev.WeightDevice"

  public var path = ""
  public var weight: UInt16 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Path", &path)
    visit("Weight", &weight)
  }
}

/// A block device's highest rate, in bytes or operations a second.
public struct ThrottleDevice: JSONObject, Hashable {
  public static let goType = "blkiodev.ThrottleDevice"

  public var path = ""
  public var rate: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Path", &path)
    visit("Rate", &rate)
  }
}

/// A device of the host that a container may use.
public struct DeviceMapping: JSONObject, Hashable {
  public static let goType = "container.DeviceMapping"

  public var pathOnHost = ""
  public var pathInContainer = ""
  /// Of `r`, `w` and `m`.
  public var cgroupPermissions = ""

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("PathOnHost", &pathOnHost)
    visit("PathInContainer", &pathInContainer)
    visit("CgroupPermissions", &cgroupPermissions)
  }
}

/// A request to a device driver, such as for GPUs.
public struct DeviceRequest: JSONObject, Hashable {
  public static let goType = "container.DeviceRequest"

  public var driver = ""
  public var count = 0
  public var deviceIDs: [String]?
  public var capabilities: [[String]]?
  public var options: [String: String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Driver", &driver)
    visit("Count", &count)
    visit("DeviceIDs", &deviceIDs)
    visit("Capabilities", &capabilities)
    visit("Options", &options)
  }
}

/// A resource limit of the container's process: `nofile`, `nproc` …; -1 for unlimited.
public struct Ulimit: JSONObject, Hashable {
  public static let goType = "units.Ulimit"

  public var name = ""
  public var hard: Int64 = 0
  public var soft: Int64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Name", &name)
    visit("Hard", &hard)
    visit("Soft", &soft)
  }
}
