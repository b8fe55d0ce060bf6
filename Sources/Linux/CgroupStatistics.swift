/// What a control group counts, read from the files of v1 or v2. All of it blocks.
public struct CgroupStatistics: Sendable {
  private let group: Cgroup

  public init(_ group: Cgroup) { self.group = group }

  private var isUnified: Bool { group.features.layout == .unified }

  /// The text of a file; nil where the group or the file is not there.
  private func text(_ controller: String, _ name: String) -> String? {
    guard let directory = group.directory(controller) else { return nil }
    do { return try FileSystem.readText("\(directory)/\(name)") } catch { return nil }
  }

  /// A single number; `max` counts as nil.
  private func number(_ controller: String, _ name: String) -> UInt64? {
    text(controller, name).flatMap { UInt64($0.filter { !$0.isWhitespace }) }
  }

  /// Lines of a name and a number.
  private func table(_ controller: String, _ name: String) -> [String: UInt64] {
    var table: [String: UInt64] = [:]
    for line in (text(controller, name) ?? "").split(separator: "\n") {
      let fields = line.split(separator: " ")
      if fields.count == 2, let value = UInt64(fields[1]) { table[String(fields[0])] = value }
    }
    return table
  }

  /// Times in nanoseconds.
  public struct CPU: Sendable, Equatable {
    public var total: UInt64 = 0
    public var user: UInt64 = 0
    public var system: UInt64 = 0
    public var perProcessor: [UInt64] = []
    public var periods: UInt64 = 0
    public var throttledPeriods: UInt64 = 0
    public var throttledTime: UInt64 = 0
  }

  public func cpu() -> CPU {
    var cpu = CPU()
    let table = table("cpu", "cpu.stat")
    cpu.periods = table["nr_periods"] ?? 0
    cpu.throttledPeriods = table["nr_throttled"] ?? 0
    if isUnified {
      cpu.total = (table["usage_usec"] ?? 0) &* 1000
      cpu.user = (table["user_usec"] ?? 0) &* 1000
      cpu.system = (table["system_usec"] ?? 0) &* 1000
      cpu.throttledTime = (table["throttled_usec"] ?? 0) &* 1000
      return cpu
    }
    cpu.throttledTime = table["throttled_time"] ?? 0
    cpu.total = number("cpuacct", "cpuacct.usage") ?? 0
    let ticks = self.table("cpuacct", "cpuacct.stat")
    // The kernel's user-visible tick is a hundredth of a second on every architecture that we run on.
    cpu.user = (ticks["user"] ?? 0) &* 10_000_000
    cpu.system = (ticks["system"] ?? 0) &* 10_000_000
    cpu.perProcessor = (text("cpuacct", "cpuacct.usage_percpu") ?? "").split { $0.isWhitespace }
      .compactMap { UInt64($0) }
    return cpu
  }

  /// Bytes.
  public struct Memory: Sendable, Equatable {
    public var usage: UInt64 = 0
    public var maximumUsage: UInt64 = 0
    /// nil for none.
    public var limit: UInt64?
    public var failures: UInt64 = 0
    public var details: [String: UInt64] = [:]
  }

  public func memory() -> Memory {
    var memory = Memory()
    memory.details = table("memory", "memory.stat")
    if isUnified {
      memory.usage = number("memory", "memory.current") ?? 0
      memory.maximumUsage = number("memory", "memory.peak") ?? 0
      memory.limit = number("memory", "memory.max")
      memory.failures = table("memory", "memory.events")["max"] ?? 0
      return memory
    }
    memory.usage = number("memory", "memory.usage_in_bytes") ?? 0
    memory.maximumUsage = number("memory", "memory.max_usage_in_bytes") ?? 0
    memory.limit = number("memory", "memory.limit_in_bytes")
    memory.failures = number("memory", "memory.failcnt") ?? 0
    return memory
  }

  /// How many processes and threads there are, and may be; nil for no limit.
  public func pids() -> (current: UInt64, limit: UInt64?) {
    (number("pids", "pids.current") ?? 0, number("pids", "pids.max"))
  }

  public struct BlockIO: Sendable, Equatable {
    public var major: UInt64
    public var minor: UInt64
    /// `Read`, `Write`, …; on v2 `read`, `write`.
    public var operation: String
    public var value: UInt64
  }

  /// Bytes by device and operation.
  public func blockIOBytes() -> [BlockIO] {
    isUnified ? unifiedBlockIO(["rbytes": "read", "wbytes": "write"]) : legacyBlockIO("io_service_bytes")
  }

  /// Operations by device and operation.
  public func blockIOOperations() -> [BlockIO] {
    isUnified ? unifiedBlockIO(["rios": "read", "wios": "write"]) : legacyBlockIO("io_serviced")
  }

  private func legacyBlockIO(_ name: String) -> [BlockIO] {
    for file in ["blkio.bfq.\(name)_recursive", "blkio.throttle.\(name)_recursive", "blkio.throttle.\(name)"] {
      guard let text = text("blkio", file) else { continue }
      let found = text.split(separator: "\n").compactMap { line -> BlockIO? in
        let fields = line.split(separator: " ")
        guard fields.count == 3, let value = UInt64(fields[2]) else { return nil }
        return Self.device(fields[0]).map { BlockIO(major: $0, minor: $1, operation: String(fields[1]), value: value) }
      }
      if !found.isEmpty { return found }
    }
    return []
  }

  private func unifiedBlockIO(_ names: [String: String]) -> [BlockIO] {
    var found: [BlockIO] = []
    for line in (text("io", "io.stat") ?? "").split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let first = fields.first, let (major, minor) = Self.device(first) else { continue }
      for field in fields.dropFirst() {
        let pair = field.split(separator: "=")
        guard pair.count == 2, let operation = names[String(pair[0])], let value = UInt64(pair[1]) else { continue }
        found.append(BlockIO(major: major, minor: minor, operation: operation, value: value))
      }
    }
    return found
  }

  private static func device(_ text: Substring) -> (UInt64, UInt64)? {
    let parts = text.split(separator: ":")
    guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else { return nil }
    return (major, minor)
  }
}
