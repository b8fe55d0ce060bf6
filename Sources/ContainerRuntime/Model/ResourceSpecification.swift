/// Limits of a container's cgroup; nil leaves the kernel's default, or on an update what is set now.
public struct ResourceSpecification: Codable, Sendable, Equatable {
  /// Bytes; -1 for no limit.
  public var memory: Int64?
  public var memoryReservation: Int64?
  /// Memory and swap together, bytes; -1 for no limit.
  public var memorySwap: Int64?
  /// 0 … 100; cgroup v1 only.
  public var memorySwappiness: Int64?
  public var cpuShares: UInt64?
  /// Microseconds.
  public var cpuPeriod: UInt64?
  public var cpuQuota: Int64?
  public var cpuRealtimePeriod: UInt64?
  public var cpuRealtimeRuntime: Int64?
  /// 1/1,000,000,000 of a processor; becomes quota and period.
  public var nanoCPUs: Int64?
  /// `0-2,7`.
  public var cpuset: String?
  public var memoryNodes: String?
  /// Processes and threads; 0 or less for no limit.
  public var pids: Int64?
  /// 10 … 1000.
  public var blockIOWeight: UInt16?
  public var blockIODevices: [BlockIODevice] = []
  public var disableOOMKiller: Bool?

  /// A weight or a rate for one block device.
  public struct BlockIODevice: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable { case weight, readBytes, writeBytes, readOperations, writeOperations }
    public var kind: Kind
    /// The device's node on the host.
    public var path: String
    public var value: UInt64
    public init(kind: Kind, path: String, value: UInt64) {
      self.kind = kind
      self.path = path
      self.value = value
    }
  }

  public init() {}
}
