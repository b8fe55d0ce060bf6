import CLinux
import Glibc

/// Flags of mount(2).
public struct MountFlags: OptionSet, Sendable {
  public let rawValue: UInt
  public init(rawValue: UInt) { self.rawValue = rawValue }
  public static let readOnly = MountFlags(rawValue: 1)
  public static let noSetID = MountFlags(rawValue: 2)
  public static let noDevices = MountFlags(rawValue: 4)
  public static let noExecute = MountFlags(rawValue: 8)
  public static let synchronous = MountFlags(rawValue: 16)
  public static let remount = MountFlags(rawValue: 32)
  public static let synchronousDirectories = MountFlags(rawValue: 128)
  public static let noAccessTime = MountFlags(rawValue: 1024)
  public static let noDirectoryAccessTime = MountFlags(rawValue: 2048)
  public static let relativeAccessTime = MountFlags(rawValue: 1 << 21)
  public static let strictAccessTime = MountFlags(rawValue: 1 << 24)
  public static let bind = MountFlags(rawValue: 4096)
  public static let recursive = MountFlags(rawValue: 16384)
  public static let unbindable = MountFlags(rawValue: 1 << 17)
  public static let `private` = MountFlags(rawValue: 1 << 18)
  public static let slave = MountFlags(rawValue: 1 << 19)
  public static let shared = MountFlags(rawValue: 1 << 20)
}

/// One line of /proc/self/mountinfo (proc(5)).
public struct MountPoint: Sendable, Equatable {
  public let id: Int
  public let parent: Int
  /// The directory of the file system that is the root of this mount.
  public let root: String
  public let path: String
  public let options: String
  public let isShared: Bool
  public let fileSystem: String
  public let source: String
  public let superOptions: String
}

/// Mounting and what is mounted (mount(2), umount(2), proc(5)).
public enum Mounts {
  public static func mount(
    source: String, at path: String, type: String, flags: MountFlags = [], options: String = ""
  ) throws(SystemError) {
    try check("mount", path) {
      options.withCString { Glibc.mount(source, path, type, UInt(flags.rawValue), UnsafeRawPointer($0)) }
    }
  }

  /// Shows the tree at `source` at `path` too.
  public static func bind(_ source: String, at path: String, recursive: Bool = false) throws(SystemError) {
    try mount(source: source, at: path, type: "", flags: recursive ? [.bind, .recursive] : .bind)
  }

  /// Sets the propagation of a mount (mount_namespaces(7)).
  public static func setPropagation(_ path: String, _ flags: MountFlags) throws(SystemError) {
    try mount(source: "", at: path, type: "", flags: flags)
  }

  /// Unmounts. `lazily` detaches now and lets go when nobody uses it any more (MNT_DETACH). Not mounted, or gone, is no
  /// error.
  public static func unmount(_ path: String, lazily: Bool = false) throws(SystemError) {
    if umount2(path, Int32(lazily ? 2 : 0) | 8 /* UMOUNT_NOFOLLOW */) == 0 { return }
    let code = Errno.current
    if code != .invalid && code != .noEntry { throw SystemError(code, "umount", path) }
  }

  /// Everything mounted in this mount namespace, in the kernel's order.
  public static func all() throws(SystemError) -> [MountPoint] {
    parse(try FileSystem.readText("/proc/self/mountinfo"))
  }

  /// Parses the text of a mountinfo file.
  public static func parse(_ text: String) -> [MountPoint] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 2,
        let id = Int(fields[0]), let parent = Int(fields[1])
      else { return nil }
      return MountPoint(
        id: id, parent: parent, root: unescape(fields[3]), path: unescape(fields[4]), options: fields[5],
        isShared: fields[6..<dash].contains { $0.hasPrefix("shared:") }, fileSystem: fields[dash + 1],
        source: unescape(fields[dash + 2]), superOptions: fields.count > dash + 3 ? fields[dash + 3] : "")
    }
  }

  /// The kernel writes blanks, tabs, line ends and backslashes in paths as three octal digits.
  private static func unescape(_ field: String) -> String {
    guard field.contains("\\") else { return field }
    var out: [UInt8] = []
    var bytes = Array(field.utf8)[...]
    while let byte = bytes.popFirst() {
      if byte == 0x5C, bytes.count >= 3, let value = UInt8(String(decoding: bytes.prefix(3), as: UTF8.self), radix: 8) {
        out.append(value)
        bytes = bytes.dropFirst(3)
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
