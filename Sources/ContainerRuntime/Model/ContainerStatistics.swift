/// What a container uses now, read from its cgroup and its network namespace. Counters go up from the start.
public struct ContainerStatistics: Sendable, Equatable {
  /// When it was read: nanoseconds since 1970.
  public var time: Int64 = 0
  public var cpu = CPU()
  public var memory = Memory()
  public var pids = PIDs()
  public var blockIO: [BlockIO] = []
  /// By the interface's name in the container.
  public var interfaces: [String: Interface] = [:]

  public struct CPU: Sendable, Equatable {
    /// Nanoseconds.
    public var total: UInt64 = 0
    public var user: UInt64 = 0
    public var system: UInt64 = 0
    /// By processor; empty on cgroup v2, which does not count it.
    public var perProcessor: [UInt64] = []
    /// Nanoseconds that all processors of the host have spent, idle ones included: the measure for percentages.
    public var host: UInt64 = 0
    public var onlineProcessors = 0
    public var periods: UInt64 = 0
    public var throttledPeriods: UInt64 = 0
    public var throttledTime: UInt64 = 0
    public init() {}
  }

  public struct Memory: Sendable, Equatable {
    /// Bytes, page cache included.
    public var usage: UInt64 = 0
    /// The highest usage so far; 0 where the kernel does not count it.
    public var maximumUsage: UInt64 = 0
    /// The limit, or the host's memory where there is none.
    public var limit: UInt64 = 0
    /// How often usage hit the limit.
    public var failures: UInt64 = 0
    /// The lines of memory.stat.
    public var details: [String: UInt64] = [:]
    public init() {}
  }

  public struct PIDs: Sendable, Equatable {
    public var current: UInt64 = 0
    /// 0 for no limit.
    public var limit: UInt64 = 0
    public init() {}
  }

  public struct BlockIO: Sendable, Equatable {
    public var major: UInt64
    public var minor: UInt64
    /// `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total`, as the kernel names them.
    public var operation: String
    public var bytes: UInt64?
    public var operations: UInt64?
    public init(major: UInt64, minor: UInt64, operation: String, bytes: UInt64? = nil, operations: UInt64? = nil) {
      self.major = major
      self.minor = minor
      self.operation = operation
      self.bytes = bytes
      self.operations = operations
    }
  }

  public struct Interface: Sendable, Equatable {
    public var receivedBytes: UInt64 = 0
    public var receivedPackets: UInt64 = 0
    public var receivedErrors: UInt64 = 0
    public var receivedDropped: UInt64 = 0
    public var sentBytes: UInt64 = 0
    public var sentPackets: UInt64 = 0
    public var sentErrors: UInt64 = 0
    public var sentDropped: UInt64 = 0
    public init() {}
  }

  public init() {}
}
