import CLinux
import Glibc

/// Makes files in a directory tree that nothing can climb out of: every path is walked by openat2(2) with the tree's top
/// as the root, so `..`, absolute names and links planted by earlier members stay inside. For one thread at a time.
///
/// Paths are bytes without leading slash. Directories stay open for a while, because members of one directory follow
/// each other.
public final class TreeWriter {
  /// The top of the tree.
  public let root: FileDescriptor
  private var directories: [[UInt8]: FileDescriptor] = [:]
  private static let keptOpen = 48

  public init(root path: String) throws {
    root = try .open(path, [.readOnly, .directory])
    directories[[]] = root
  }

  /// A name in an open directory.
  public struct Place {
    let directory: FileDescriptor
    let name: [UInt8]
    /// For messages.
    let path: [UInt8]
    var display: String { String(decoding: path, as: UTF8.self) }
  }

  private static let slash = UInt8(ascii: "/")

  private static func terminated<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.baseAddress!.withMemoryRebound(to: CChar.self, capacity: buffer.count) { body($0) }
    }
  }

  /// Where `path` lies. What is missing above it is made with mode 0755 where `makeParents`.
  public func place(_ path: [UInt8], makeParents: Bool) throws -> Place {
    guard let cut = path.lastIndex(of: Self.slash) else { return Place(directory: root, name: path, path: path) }
    let parent = Array(path[..<cut])
    return Place(
      directory: try directory(parent, make: makeParents), name: Array(path[(cut + 1)...]), path: path)
  }

  private func directory(_ path: [UInt8], make: Bool) throws -> FileDescriptor {
    if let known = directories[path] { return known }
    let flags = OpenFlags([.readOnly, .directory])
    var handle: FileDescriptor
    do { handle = try open(path, flags) } catch {
      guard error.code == .noEntry && make else { throw error }
      let place = try place(path, makeParents: true)
      try makeDirectory(place, mode: 0o755)
      handle = try open(path, flags)
    }
    if directories.count >= Self.keptOpen { forgetDirectories() }
    directories[path] = handle
    return handle
  }

  /// Opens a path of the tree, links followed inside it.
  public func open(_ path: [UInt8], _ flags: OpenFlags) throws(SystemError) -> FileDescriptor {
    let base = root.rawValue
    let target: [UInt8] = path.isEmpty ? [UInt8(ascii: ".")] : path
    return FileDescriptor(
      owning: try check("openat2", String(decoding: path, as: UTF8.self)) {
        Self.terminated(target) {
          apus_openat2(
            base, $0, UInt64(UInt32(bitPattern: flags.rawValue | O_CLOEXEC)), 0, ResolveFlags.inRoot.rawValue)
        }
      })
  }

  private func forgetDirectories() { directories = [[]: root] }

  /// What is at a place, nil where nothing is. Links are not followed.
  public func status(_ place: Place) throws(SystemError) -> FileStatus? {
    var s = stat()
    let result = Self.terminated(place.name) { fstatat(place.directory.rawValue, $0, &s, AT_SYMLINK_NOFOLLOW) }
    if result == 0 { return FileStatus(s) }
    if Errno.current == .noEntry { return nil }
    throw SystemError(.current, "stat", place.display)
  }

  /// Makes a file that must not be there yet.
  public func makeFile(_ place: Place, mode: UInt32) throws(SystemError) -> FileDescriptor {
    let base = place.directory.rawValue
    return FileDescriptor(
      owning: try check("open", place.display) {
        Self.terminated(place.name) {
          apus_openat(base, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        }
      })
  }

  public func makeDirectory(_ place: Place, mode: UInt32) throws(SystemError) {
    try check("mkdir", place.display) { Self.terminated(place.name) { mkdirat(place.directory.rawValue, $0, mode) } }
  }

  public func makeSymbolicLink(_ place: Place, to target: [UInt8]) throws(SystemError) {
    try check("symlink", place.display) {
      Self.terminated(place.name) { name in
        Self.terminated(target) { symlinkat($0, place.directory.rawValue, name) }
      }
    }
  }

  /// Makes another name for an existing file of the tree.
  public func makeHardLink(_ place: Place, to existing: Place) throws(SystemError) {
    try check("link", place.display) {
      Self.terminated(place.name) { name in
        Self.terminated(existing.name) { linkat(existing.directory.rawValue, $0, place.directory.rawValue, name, 0) }
      }
    }
  }

  /// Makes a device node, fifo or socket (mknod(2)).
  public func makeNode(
    _ place: Place, kind: FileStatus.Kind, mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0
  ) throws(SystemError) {
    let type: mode_t =
      switch kind {
      case .characterDevice: S_IFCHR
      case .blockDevice: S_IFBLK
      case .fifo: S_IFIFO
      default: S_IFSOCK
      }
    try check("mknod", place.display) {
      Self.terminated(place.name) {
        mknodat(place.directory.rawValue, $0, type | mode, dev_t(apus_makedev(major, minor)))
      }
    }
  }

  /// The character device 0/0 by which overlayfs says that a name of a lower layer is gone.
  public func makeWhiteout(_ place: Place) throws(SystemError) {
    try makeNode(place, kind: .characterDevice, mode: 0, major: 0, minor: 0)
  }

  /// Removes what is at a place, with all below it.
  public func remove(_ place: Place) throws {
    forgetDirectories()
    try FileSystem.removeTree(Self.procPath(place))
  }

  /// A path to a place through /proc, for calls that have no `…at` form.
  private static func procPath(_ place: Place) -> String {
    "/proc/self/fd/\(place.directory.rawValue)/" + String(decoding: place.name, as: UTF8.self)
  }

  /// Sets owner, mode, attributes and time of an open file or directory, in the order in which none undoes another.
  public func apply(_ entry: ArchiveEntry, to file: FileDescriptor) throws(SystemError) {
    let raw = file.rawValue
    if entry.user != 0 || entry.group != 0 {
      try check("chown", entry.displayPath) { fchown(raw, entry.user, entry.group) }
    }
    try check("chmod", entry.displayPath) { fchmod(raw, mode_t(entry.mode)) }
    for attribute in entry.attributes {
      try check("setxattr", entry.displayPath) {
        Self.terminated(attribute.name) { name in
          attribute.value.withUnsafeBytes { fsetxattr(raw, name, $0.baseAddress, $0.count, 0) }
        }
      }
    }
    try setTime(entry, of: file)
  }

  /// Sets the modification time of an open file or directory.
  public func setTime(_ entry: ArchiveEntry, of file: FileDescriptor) throws(SystemError) {
    let raw = file.rawValue
    var times = Self.times(entry)
    try check("utimensat", entry.displayPath) { futimens(raw, &times) }
  }

  /// Sets owner, mode (not of links), attributes and time of what is at a place and cannot be opened: links, nodes.
  public func apply(_ entry: ArchiveEntry, to place: Place) throws(SystemError) {
    let base = place.directory.rawValue
    if entry.user != 0 || entry.group != 0 {
      try check("chown", place.display) {
        Self.terminated(place.name) { fchownat(base, $0, entry.user, entry.group, AT_SYMLINK_NOFOLLOW) }
      }
    }
    if entry.kind != .symbolicLink {
      try check("chmod", place.display) { Self.terminated(place.name) { fchmodat(base, $0, mode_t(entry.mode), 0) } }
    }
    for attribute in entry.attributes {
      let name = attribute.name
      let path = Self.procPath(place)
      try check("lsetxattr", place.display) {
        Self.terminated(name) { name in
          attribute.value.withUnsafeBytes { lsetxattr(path, name, $0.baseAddress, $0.count, 0) }
        }
      }
    }
    var times = Self.times(entry)
    try check("utimensat", place.display) {
      Self.terminated(place.name) { utimensat(base, $0, &times, AT_SYMLINK_NOFOLLOW) }
    }
  }

  private static func times(_ entry: ArchiveEntry) -> [timespec] {
    let time = timespec(
      tv_sec: time_t(entry.modified.seconds), tv_nsec: Int(min(max(entry.modified.nanoseconds, 0), 999_999_999)))
    return [time, time]
  }

  /// Marks a directory so that overlayfs shows nothing of the layers below in it.
  public func makeOpaque(_ path: [UInt8]) throws {
    let handle = try directory(path, make: true)
    let raw = handle.rawValue
    let value: [UInt8] = [UInt8(ascii: "y")]
    try check("setxattr", String(decoding: path, as: UTF8.self)) {
      value.withUnsafeBytes { fsetxattr(raw, "trusted.overlay.opaque", $0.baseAddress, 1, 0) }
    }
  }
}
