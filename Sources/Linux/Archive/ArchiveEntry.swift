import Glibc

/// One member of a tar archive. Names are bytes as in the kernel: not every file name is UTF-8.
public struct ArchiveEntry: Sendable {
  public var path: [UInt8]
  public var kind: FileStatus.Kind
  /// Permission bits with set-id and sticky bits.
  public var mode: UInt32
  public var user: UInt32
  public var group: UInt32
  /// Bytes of data that follow.
  public var size: Int64
  /// Seconds and nanoseconds since 1970.
  public var modified: (seconds: Int64, nanoseconds: Int64)
  /// Where a symbolic link points.
  public var linkTarget: [UInt8]
  /// The member of the same archive whose other name this is; nil where it is no hard link.
  public var hardLink: [UInt8]?
  public var deviceMajor: UInt32
  public var deviceMinor: UInt32
  public var attributes: [(name: [UInt8], value: [UInt8])]

  public init(
    path: [UInt8], kind: FileStatus.Kind, mode: UInt32, user: UInt32 = 0, group: UInt32 = 0, size: Int64 = 0,
    modified: (seconds: Int64, nanoseconds: Int64) = (0, 0), linkTarget: [UInt8] = [], hardLink: [UInt8]? = nil,
    deviceMajor: UInt32 = 0, deviceMinor: UInt32 = 0, attributes: [(name: [UInt8], value: [UInt8])] = []
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.user = user
    self.group = group
    self.size = size
    self.modified = modified
    self.linkTarget = linkTarget
    self.hardLink = hardLink
    self.deviceMajor = deviceMajor
    self.deviceMinor = deviceMinor
    self.attributes = attributes
  }

  /// The path for messages, broken UTF-8 repaired.
  public var displayPath: String { String(decoding: path, as: UTF8.self) }
}
