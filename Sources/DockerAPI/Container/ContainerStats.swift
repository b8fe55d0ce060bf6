/// One reading of a container's use of the machine: moby's `container.StatsResponse`. Times in nanoseconds, sizes in bytes.
public struct ContainerStats: JSONObject, Hashable {
  public static let goType = "container.StatsResponse"

  public var name = ""
  public var id = ""
  public var read = Timestamp()
  public var preRead = Timestamp()
  public var pidsStats = PidsStats()
  public var blkioStats = BlkioStats()
  public var numProcs: UInt32 = 0
  public var storageStats = StorageStats()
  public var cpuStats = CPUStats()
  public var preCPUStats = CPUStats()
  public var memoryStats = MemoryStats()
  /// By interface name.
  public var networks: [String: NetworkStats] = [:]

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("name", &name, .omitEmpty)
    visit("id", &id, .omitEmpty)
    visit("read", &read)
    visit("preread", &preRead)
    visit("pids_stats", &pidsStats)
    visit("blkio_stats", &blkioStats)
    visit("num_procs", &numProcs)
    visit("storage_stats", &storageStats)
    visit("cpu_stats", &cpuStats)
    visit("precpu_stats", &preCPUStats)
    visit("memory_stats", &memoryStats)
    visit("networks", &networks, .omitEmpty)
  }
}

/// Processes and threads.
public struct PidsStats: JSONObject, Hashable {
  public static let goType = "container.PidsStats"

  public var current: UInt64 = 0
  public var limit: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("current", &current, .omitEmpty)
    visit("limit", &limit, .omitEmpty)
  }
}

/// One counter of a block device.
public struct BlkioStatEntry: JSONObject, Hashable {
  public static let goType = "container.BlkioStatEntry"

  public var major: UInt64 = 0
  public var minor: UInt64 = 0
  public var op = ""
  public var value: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("major", &major)
    visit("minor", &minor)
    visit("op", &op)
    visit("value", &value)
  }
}

/// Counters of block devices; cgroup v2 has the first list only.
public struct BlkioStats: JSONObject, Hashable {
  public static let goType = "container.BlkioStats"

  public var ioServiceBytesRecursive: [BlkioStatEntry]?
  public var ioServicedRecursive: [BlkioStatEntry]?
  public var ioQueuedRecursive: [BlkioStatEntry]?
  public var ioServiceTimeRecursive: [BlkioStatEntry]?
  public var ioWaitTimeRecursive: [BlkioStatEntry]?
  public var ioMergedRecursive: [BlkioStatEntry]?
  public var ioTimeRecursive: [BlkioStatEntry]?
  public var sectorsRecursive: [BlkioStatEntry]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("io_service_bytes_recursive", &ioServiceBytesRecursive)
    visit("io_serviced_recursive", &ioServicedRecursive)
    visit("io_queue_recursive", &ioQueuedRecursive)
    visit("io_service_time_recursive", &ioServiceTimeRecursive)
    visit("io_wait_time_recursive", &ioWaitTimeRecursive)
    visit("io_merged_recursive", &ioMergedRecursive)
    visit("io_time_recursive", &ioTimeRecursive)
    visit("sectors_recursive", &sectorsRecursive)
  }
}

/// Storage counters of other systems; always empty on Linux.
public struct StorageStats: JSONObject, Hashable {
  public static let goType = "container.StorageStats"

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {}
}

/// Processor time.
public struct CPUUsage: JSONObject, Hashable {
  public static let goType = "container.CPUUsage"

  public var totalUsage: UInt64 = 0
  public var percpuUsage: [UInt64]?
  public var usageInKernelmode: UInt64 = 0
  public var usageInUsermode: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("total_usage", &totalUsage)
    visit("percpu_usage", &percpuUsage, .omitEmpty)
    visit("usage_in_kernelmode", &usageInKernelmode)
    visit("usage_in_usermode", &usageInUsermode)
  }
}

/// How often and how long the quota held a container back.
public struct ThrottlingData: JSONObject, Hashable {
  public static let goType = "container.ThrottlingData"

  public var periods: UInt64 = 0
  public var throttledPeriods: UInt64 = 0
  public var throttledTime: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("periods", &periods)
    visit("throttled_periods", &throttledPeriods)
    visit("throttled_time", &throttledTime)
  }
}

/// Processor time of the container and of the host.
public struct CPUStats: JSONObject, Hashable {
  public static let goType = "container.CPUStats"

  public var cpuUsage = CPUUsage()
  public var systemUsage: UInt64 = 0
  public var onlineCPUs: UInt32 = 0
  public var throttlingData = ThrottlingData()

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("cpu_usage", &cpuUsage)
    visit("system_cpu_usage", &systemUsage, .omitEmpty)
    visit("online_cpus", &onlineCPUs, .omitEmpty)
    visit("throttling_data", &throttlingData)
  }
}

/// Memory.
public struct MemoryStats: JSONObject, Hashable {
  public static let goType = "container.MemoryStats"

  public var usage: UInt64 = 0
  public var maxUsage: UInt64 = 0
  public var stats: [String: UInt64]?
  public var failcnt: UInt64 = 0
  public var limit: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("usage", &usage, .omitEmpty)
    visit("max_usage", &maxUsage, .omitEmpty)
    visit("stats", &stats, .omitEmpty)
    visit("failcnt", &failcnt, .omitEmpty)
    visit("limit", &limit, .omitEmpty)
  }
}

/// Counters of one interface.
public struct NetworkStats: JSONObject, Hashable {
  public static let goType = "container.NetworkStats"

  public var rxBytes: UInt64 = 0
  public var rxPackets: UInt64 = 0
  public var rxErrors: UInt64 = 0
  public var rxDropped: UInt64 = 0
  public var txBytes: UInt64 = 0
  public var txPackets: UInt64 = 0
  public var txErrors: UInt64 = 0
  public var txDropped: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("rx_bytes", &rxBytes)
    visit("rx_packets", &rxPackets)
    visit("rx_errors", &rxErrors)
    visit("rx_dropped", &rxDropped)
    visit("tx_bytes", &txBytes)
    visit("tx_packets", &txPackets)
    visit("tx_errors", &txErrors)
    visit("tx_dropped", &txDropped)
  }
}
