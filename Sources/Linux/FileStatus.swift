import CLinux
import Glibc

/// What stat(2) tells about a file.
public struct FileStatus: Sendable, Equatable {
  public enum Kind: Sendable, Equatable {
    case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket, unknown
  }
  public let device: UInt64
  public let inode: UInt64
  /// Permission bits with set-id and sticky bits, no type.
  public let mode: UInt32
  public let kind: Kind
  public let links: UInt64
  public let user: UInt32
  public let group: UInt32
  /// The device that a device node stands for.
  public let special: UInt64
  /// Bytes.
  public let size: Int64
  /// 512-byte blocks that the file occupies.
  public let blocks: Int64
  /// Seconds and nanoseconds since 1970.
  public let modified: (seconds: Int64, nanoseconds: Int64)

  public static func == (a: FileStatus, b: FileStatus) -> Bool {
    a.device == b.device && a.inode == b.inode && a.mode == b.mode && a.kind == b.kind && a.size == b.size
      && a.modified == b.modified && a.user == b.user && a.group == b.group && a.special == b.special
  }

  init(_ s: stat) {
    device = UInt64(s.st_dev)
    inode = UInt64(s.st_ino)
    mode = s.st_mode & 0o7777
    kind =
      switch s.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .symbolicLink
      case S_IFCHR: .characterDevice
      case S_IFBLK: .blockDevice
      case S_IFIFO: .fifo
      case S_IFSOCK: .socket
      default: .unknown
      }
    links = UInt64(s.st_nlink)
    user = s.st_uid
    group = s.st_gid
    special = UInt64(s.st_rdev)
    size = Int64(s.st_size)
    blocks = Int64(s.st_blocks)
    modified = (Int64(s.st_mtim.tv_sec), Int64(s.st_mtim.tv_nsec))
  }

  /// Status of `path`; a symbolic link itself unless `followLinks`.
  public init(
    path: String, at directory: FileDescriptor? = nil, followLinks: Bool = false
  ) throws(SystemError) {
    var s = stat()
    let base = directory?.rawValue ?? AT_FDCWD
    try check("stat", path) { fstatat(base, path, &s, followLinks ? 0 : AT_SYMLINK_NOFOLLOW) }
    self.init(s)
  }

  /// Status of an open file.
  public init(of descriptor: FileDescriptor) throws(SystemError) {
    var s = stat()
    let raw = descriptor.rawValue
    try check("fstat") { fstat(raw, &s) }
    self.init(s)
  }
}
