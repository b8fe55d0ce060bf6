/// The end of a container's first process.
public struct ContainerExit: Sendable, Equatable {
  public let id: String
  /// 0 … 255; 128 + signal where a signal ended it.
  public let exitCode: Int32
  /// The kernel killed a process of the container because its memory limit was reached.
  public let oomKilled: Bool
  /// Nanoseconds since 1970.
  public let finished: Int64
  /// Why nobody saw the exit code, which then stands as 137 or 255; nil where the monitor told it.
  public let lost: String?
  public init(id: String, exitCode: Int32, oomKilled: Bool, finished: Int64, lost: String? = nil) {
    self.id = id
    self.exitCode = exitCode
    self.oomKilled = oomKilled
    self.finished = finished
    self.lost = lost
  }
}

/// A container's first process, named across reuse of process ids.
public struct ContainerProcess: Codable, Sendable, Equatable {
  public var pid: Int32
  /// Clock ticks since boot (proc(5), field 22 of stat).
  public var startTime: UInt64
  public init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }
}
