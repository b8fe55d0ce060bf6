import ContainerRuntime

/// What a client that attaches wants to see and to say.
public struct AttachRequest: Sendable {
  public var standardInput: Bool
  public var standardOutput: Bool
  public var standardError: Bool
  /// First replay what was logged.
  public var logs: Bool
  /// Go on with live output.
  public var stream: Bool
  /// `ctrl-p,ctrl-q` style; nil for the default.
  public var detachKeys: String?

  public init(
    standardInput: Bool, standardOutput: Bool, standardError: Bool, logs: Bool = false, stream: Bool = true,
    detachKeys: String? = nil
  ) {
    self.standardInput = standardInput
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.logs = logs
    self.stream = stream
    self.detachKeys = detachKeys
  }
}

/// Which part of a container's log is wanted.
public struct LogsRequest: Sendable {
  public var standardOutput: Bool
  public var standardError: Bool
  public var follow: Bool
  /// Nanoseconds since 1970; 0 for the beginning.
  public var since: Int64
  /// Nanoseconds since 1970; 0 for no end.
  public var until: Int64
  /// Only so many of the last lines; nil for all.
  public var tail: Int?

  public init(
    standardOutput: Bool, standardError: Bool, follow: Bool = false, since: Int64 = 0, until: Int64 = 0,
    tail: Int? = nil
  ) {
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.follow = follow
    self.since = since
    self.until = until
    self.tail = tail
  }
}

/// A process to run in a container that runs.
public struct ExecDefinition: Sendable, Equatable {
  public var command: [String]
  public var environment: [String] = []
  public var workingDirectory: String?
  public var user: String?
  public var terminal = false
  public var privileged = false
  public var standardInput = false
  public var standardOutput = true
  public var standardError = true
  public var detachKeys: String?

  public init(command: [String]) { self.command = command }
}

/// An exec as the doors show it.
public struct ExecRecord: Sendable {
  /// 64 hexadecimal digits.
  public let id: String
  public let containerID: String
  public let definition: ExecDefinition
  public var isRunning = false
  public var started = false
  public var exitCode: Int32?
  public var pid: Int32 = 0
  /// Nanoseconds since 1970 when it ended or failed to start; 0 before.
  public var finished: Int64 = 0
}

/// When a wait ends.
public enum WaitCondition: Sendable {
  /// At once when the container does not run, otherwise with its end.
  case notRunning
  /// At once when its process has ended, whether or not it will be started again.
  case ended
  /// With the next end, even if the container has not started yet.
  case nextExit
  /// When the container is gone.
  case removed
}
