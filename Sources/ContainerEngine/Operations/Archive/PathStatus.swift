import Linux

/// What `docker cp` asks first about a path in a container.
public struct PathStatus: Sendable, Equatable {
  /// The path's last element as the user wrote it.
  public var name: String
  /// Bytes.
  public var size: Int64
  /// The bits of Go's `FileMode`, which clients read: permissions below, kinds from bit 31 down.
  public var mode: UInt32
  /// Since 1970; a container's file can say any time.
  public var modified: Duration
  /// Where a symbolic link leads in the end, as a path in the container; empty for everything else.
  public var linkTarget: String

  public init(name: String, size: Int64, mode: UInt32, modified: Duration, linkTarget: String) {
    self.name = name
    self.size = size
    self.mode = mode
    self.modified = modified
    self.linkTarget = linkTarget
  }
}

/// Go's `os.FileMode` (pkg.go.dev/io/fs#FileMode).
enum GoFileMode {
  static func bits(_ status: FileStatus) -> UInt32 {
    var bits = status.mode & 0o777
    switch status.kind {
    case .directory: bits |= 1 << 31
    case .symbolicLink: bits |= 1 << 27
    case .blockDevice: bits |= 1 << 26
    case .fifo: bits |= 1 << 25
    case .socket: bits |= 1 << 24
    case .characterDevice: bits |= 1 << 26 | 1 << 21
    case .unknown: bits |= 1 << 19
    case .regular: break
    }
    if status.mode & 0o4000 != 0 { bits |= 1 << 23 }
    if status.mode & 0o2000 != 0 { bits |= 1 << 22 }
    if status.mode & 0o1000 != 0 { bits |= 1 << 20 }
    return bits
  }
}
