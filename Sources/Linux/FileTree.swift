import CLinux
import Glibc

/// Whole directory trees. All of it blocks.
public enum FileTree {
  /// Bytes that a tree takes on disk, hard links counted once.
  public static func size(_ path: String) throws(SystemError) -> Int64 {
    var seen: Set<UInt64> = []
    var total: Int64 = 0
    let root = try FileDescriptor.open(path, [.readOnly, .directory, .noFollow])
    // Paths and not descriptors wait their turn: a tree can be wider than the limit of open files.
    var queue = ["."]
    while let current = queue.popLast() {
      let directory: FileDescriptor
      do {
        directory = try .open(
          current, under: root, [.readOnly, .directory, .noFollow], resolve: [.beneath, .noSymlinks])
      } catch {
        if error.code == .noEntry { continue }
        throw error
      }
      for name in try FileSystem.names(in: directory) {
        let status: FileStatus
        do { status = try FileStatus(path: name, at: directory) } catch {
          if error.code == .noEntry { continue }
          throw error
        }
        if status.links > 1, status.kind != .directory, !seen.insert(status.inode).inserted { continue }
        total += status.kind == .regular ? status.size : 0
        // What lies deeper than the longest path can name is not counted.
        if status.kind == .directory, current.utf8.count + name.utf8.count < 4000 {
          queue.append("\(current)/\(name)")
        }
      }
    }
    return total
  }

  /// Copies what lies in `source` into the directory `target`, with owners, modes, times, links, nodes and extended
  /// attributes; links are copied and never followed.
  ///
  /// Throws `.loop` for a tree deeper than 100 directories, which no image has and a hostile one might.
  public static func copyContents(
    of source: FileDescriptor, to target: FileDescriptor, depth: Int = 0
  ) throws(SystemError) {
    if depth > 100 { throw SystemError(.loop, "copy", "a tree of more than 100 nested directories") }
    for name in try FileSystem.names(in: source) {
      let status = try FileStatus(path: name, at: source)
      switch status.kind {
      case .directory:
        try check("mkdirat", name) { mkdirat(target.rawValue, name, status.mode) }
        let from = try FileDescriptor.open(name, [.readOnly, .directory, .noFollow], at: source)
        let to = try FileDescriptor.open(name, [.readOnly, .directory, .noFollow], at: target)
        try copyContents(of: from, to: to, depth: depth + 1)
        try copyMetadata(from: from, status, to: to)
      case .regular:
        let from = try FileDescriptor.open(name, [.readOnly, .noFollow], at: source)
        let to = try FileDescriptor.open(name, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600, at: target)
        try copyData(from: from, to: to, name)
        try copyMetadata(from: from, status, to: to)
      case .symbolicLink:
        let link = try FileSystem.readLink(name, at: source)
        try check("symlinkat", name) { symlinkat(link, target.rawValue, name) }
        try check("fchownat", name) {
          fchownat(target.rawValue, name, status.user, status.group, AT_SYMLINK_NOFOLLOW)
        }
      case .characterDevice, .blockDevice, .fifo, .socket:
        let type: UInt32 =
          switch status.kind {
          case .characterDevice: S_IFCHR
          case .blockDevice: S_IFBLK
          case .fifo: S_IFIFO
          default: S_IFSOCK
          }
        try check("mknodat", name) { mknodat(target.rawValue, name, type | status.mode, dev_t(status.special)) }
        try check("fchownat", name) {
          fchownat(target.rawValue, name, status.user, status.group, AT_SYMLINK_NOFOLLOW)
        }
      case .unknown: throw SystemError(.invalid, "copy", name)
      }
    }
  }

  /// Gives `to` the owner, mode, times and extended attributes of `from`.
  public static func copyMetadata(
    from: FileDescriptor, _ status: FileStatus, to: FileDescriptor
  ) throws(SystemError) {
    let raw = to.rawValue
    try check("fchown") { fchown(raw, status.user, status.group) }
    try check("fchmod") { fchmod(raw, status.mode) }
    let fromPath = "/proc/self/fd/\(from.rawValue)"
    var buffer = [UInt8](repeating: 0, count: 65536)
    let n = buffer.withUnsafeMutableBytes {
      listxattr(fromPath, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    for name in buffer.prefix(max(0, n)).split(separator: 0).map({ String(decoding: $0, as: UTF8.self) }) {
      var value = [UInt8](repeating: 0, count: 65536)
      let size = value.withUnsafeMutableBytes { getxattr(fromPath, name, $0.baseAddress, $0.count) }
      if size >= 0 { _ = value.withUnsafeBytes { fsetxattr(raw, name, $0.baseAddress, size, 0) } }
    }
    let modified = timespec(tv_sec: Int(status.modified.seconds), tv_nsec: Int(status.modified.nanoseconds))
    var times = (modified, modified)
    try withUnsafePointer(to: &times) { pointer throws(SystemError) in
      _ = try pointer.withMemoryRebound(to: timespec.self, capacity: 2) { pair throws(SystemError) in
        try check("futimens") { futimens(raw, pair) }
      }
    }
  }

  private static func copyData(from: FileDescriptor, to: FileDescriptor, _ name: String) throws(SystemError) {
    while true {
      let n = try check("copy", name) { sendfile(to.rawValue, from.rawValue, nil, 1 << 24) }
      if n == 0 { return }
    }
  }
}
