/// A process of a container: its first one, or one that is executed in it later.
public struct ProcessSpecification: Codable, Sendable, Equatable {
  /// Program and arguments; the program is looked up in the container's `PATH`.
  public var arguments: [String]
  /// `NAME=value`; `PATH` and `HOME` (and `TERM` with a terminal) are added where missing.
  public var environment: [String] = []
  /// Absolute; made where it is missing (first process only).
  public var workingDirectory = "/"
  /// `user`, `uid`, `user:group`, `uid:gid` …, looked up in the container's /etc/passwd and /etc/group; empty for root.
  public var user = ""
  /// Names or numbers.
  public var additionalGroups: [String] = []
  public var terminal = false
  /// Size of the terminal at the start.
  public var terminalSize: TerminalSize?
  /// Names with or without `CAP_`, or `ALL`.
  public var addedCapabilities: [String] = []
  public var droppedCapabilities: [String] = []
  public var noNewPrivileges = false
  public var seccomp: SeccompChoice = .defaultProfile
  /// Name of a profile that the host has loaded; ignored on a host without AppArmor.
  public var apparmorProfile: String?
  public var limits: [ProcessLimitSpecification] = []
  /// -1000 … 1000; nil inherits.
  public var oomScoreAdjustment: Int?

  public init(arguments: [String]) { self.arguments = arguments }
}

/// Rows and columns of a terminal.
public struct TerminalSize: Codable, Sendable, Equatable {
  public var rows: UInt16
  public var columns: UInt16
  public init(rows: UInt16, columns: UInt16) {
    self.rows = rows
    self.columns = columns
  }
}

/// Which system calls a process may make.
public enum SeccompChoice: Codable, Sendable, Equatable {
  /// The profile of `DefaultSeccompProfile`; no filter where the container is privileged.
  case defaultProfile
  case unconfined
  /// The text of a profile in Docker's JSON format.
  case profile(String)
}

/// A limit of setrlimit(2).
public struct ProcessLimitSpecification: Codable, Sendable, Equatable {
  /// `nofile`, `nproc`, … or the long form `RLIMIT_NOFILE`.
  public var name: String
  /// -1 for no limit.
  public var soft: Int64
  public var hard: Int64
  public init(name: String, soft: Int64, hard: Int64) {
    self.name = name
    self.soft = soft
    self.hard = hard
  }
}
