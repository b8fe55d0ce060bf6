/// Which of a process' two outputs bytes came from; a terminal has standard output only.
public enum OutputStream: String, Codable, Sendable, Hashable {
  case standardOutput = "stdout"
  case standardError = "stderr"
}

/// Bytes from an attached process as they came.
public struct OutputChunk: Sendable, Equatable {
  public let stream: OutputStream
  public let bytes: [UInt8]
  public init(stream: OutputStream, bytes: [UInt8]) {
    self.stream = stream
    self.bytes = bytes
  }
}

/// One piece of a container's log.
public struct LogEntry: Sendable, Equatable {
  /// Nanoseconds since 1970.
  public let time: Int64
  public let stream: OutputStream
  /// With the line end, unless `isPartial`.
  public let bytes: [UInt8]
  /// The line goes on in the next entry of this stream.
  public let isPartial: Bool
  public init(time: Int64, stream: OutputStream, bytes: [UInt8], isPartial: Bool = false) {
    self.time = time
    self.stream = stream
    self.bytes = bytes
    self.isPartial = isPartial
  }
}

/// Which part of a log is wanted.
public struct LogQuery: Sendable, Equatable {
  public var standardOutput = true
  public var standardError = true
  /// Goes on with what is written later, until the container has ended.
  public var follow = false
  /// Nanoseconds since 1970; 0 for the beginning.
  public var since: Int64 = 0
  /// Nanoseconds since 1970; 0 for no end.
  public var until: Int64 = 0
  /// Only so many of the last lines; nil for all.
  public var tail: Int?
  public init() {}
}

/// How large a log may grow.
public struct LogRotation: Codable, Sendable, Equatable {
  /// Bytes of one file; nil for no limit.
  public var maximumSize: Int64?
  /// Files kept, the current one included.
  public var maximumFiles = 1
  public init(maximumSize: Int64? = nil, maximumFiles: Int = 1) {
    self.maximumSize = maximumSize
    self.maximumFiles = max(1, maximumFiles)
  }
}
