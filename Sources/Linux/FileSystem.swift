import CLinux
import Glibc

/// Operations on paths. All of them block: call them from an owned thread.
public enum FileSystem {
  /// The whole file. `limit` guards against files that never end.
  public static func read(_ path: String, limit: Int = 1 << 30) throws(SystemError) -> [UInt8] {
    try FileDescriptor.open(path, .readOnly).readToEnd(limit: limit)
  }

  /// The whole file; nil where there is none. That it cannot be read for another reason is an error, so that nobody
  /// takes a lack of descriptors for the lack of a file.
  public static func readIfPresent(_ path: String, limit: Int = 1 << 30) throws(SystemError) -> [UInt8]? {
    do { return try read(path, limit: limit) } catch {
      // A process that ends between opening and reading its files in /proc gives ESRCH.
      if [.noEntry, .notDirectory, .noProcess].contains(error.code) { return nil }
      throw error
    }
  }

  /// The whole file as UTF-8 text, broken sequences repaired.
  public static func readText(_ path: String) throws(SystemError) -> String {
    String(decoding: try read(path), as: UTF8.self)
  }

  /// Writes in place (no atomicity): for files of the kernel and for scratch.
  public static func write(_ path: String, _ bytes: some Collection<UInt8>, mode: UInt32 = 0o644) throws(SystemError) {
    try FileDescriptor.open(path, [.writeOnly, .create, .truncate], mode: mode).writeAll(bytes)
  }

  /// Writes an existing file of the kernel (/proc, /sys), which must be neither created nor truncated.
  public static func writeKernelFile(_ path: String, _ text: String) throws(SystemError) {
    let file = try FileDescriptor.open(path, .writeOnly)
    do { try file.writeAll(Array(text.utf8)) } catch { throw SystemError(error.code, "write", path) }
  }

  /// Replaces a file so that a reader, or a crash at any instant, sees the old or the new content, never a mix.
  /// `durable` makes the new content survive a power cut (fsync of file and directory).
  public static func replace(
    _ path: String, _ bytes: some Collection<UInt8>, mode: UInt32 = 0o600, durable: Bool
  ) throws(SystemError) {
    let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).tmp"
    do {
      let file = try FileDescriptor.open(temporary, [.writeOnly, .create, .exclusive], mode: mode)
      try file.writeAll(bytes)
      if durable { try file.synchronize() }
      try rename(temporary, to: path)
      if durable { try FileDescriptor.open(directory(of: path), [.readOnly, .directory]).synchronize() }
    } catch {
      _ = Glibc.unlink(temporary)
      throw error
    }
  }

  public static func exists(_ path: String) -> Bool { faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 }

  public static func isExecutable(_ path: String) -> Bool {
    guard let status = try? FileStatus(path: path, followLinks: true) else { return false }
    return status.kind == .regular && status.mode & 0o111 != 0
  }

  public static func makeDirectory(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    try check("mkdir", path) { mkdir(path, mode) }
  }

  /// Makes a directory and what is missing above it; an existing one is left as it is.
  public static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
    if mkdir(path, mode) == 0 { return }
    switch Errno.current {
    case .exists:
      guard try FileStatus(path: path, followLinks: true).kind == .directory else {
        throw SystemError(.notDirectory, "mkdir", path)
      }
    case .noEntry:
      try makeDirectories(directory(of: path), mode: mode)
      if mkdir(path, mode) != 0 && Errno.current != .exists { throw SystemError(.current, "mkdir", path) }
    case let other: throw SystemError(other, "mkdir", path)
    }
  }

  public static func rename(_ from: String, to: String) throws(SystemError) {
    try check("rename", from) { Glibc.rename(from, to) }
  }

  public static func link(_ from: String, to: String) throws(SystemError) {
    try check("link", to) { Glibc.link(from, to) }
  }

  public static func symbolicLink(_ path: String, to target: String) throws(SystemError) {
    try check("symlink", path) { symlink(target, path) }
  }

  public static func readLink(_ path: String, at directory: FileDescriptor? = nil) throws(SystemError) -> String {
    let base = directory?.rawValue ?? AT_FDCWD
    var buffer = [UInt8](repeating: 0, count: 4096)
    let n = try check("readlink", path) {
      buffer.withUnsafeMutableBytes { bytes in
        readlinkat(base, path, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    }
    return String(decoding: buffer.prefix(n), as: UTF8.self)
  }

  /// Removes a file, link or node. A path that is already gone is no error.
  public static func removeFile(_ path: String) throws(SystemError) {
    if unlink(path) != 0, Errno.current != .noEntry { throw SystemError(.current, "unlink", path) }
  }

  /// Removes an empty directory. A path that is already gone is no error.
  public static func removeDirectory(_ path: String) throws(SystemError) {
    if rmdir(path) != 0, Errno.current != .noEntry { throw SystemError(.current, "rmdir", path) }
  }

  /// Removes a tree without following links, and without leaving it through `..` or a swapped directory.
  /// Goes on after an error and throws the first one at the end; a path that is already gone is no error.
  public static func removeTree(_ path: String) throws(SystemError) {
    if unlink(path) == 0 { return }
    switch Errno.current {
    case .noEntry: return
    case .isDirectory, .notPermitted: break
    case let other: throw SystemError(other, "unlink", path)
    }
    let handle: FileDescriptor
    do { handle = try .open(path, [.readOnly, .directory, .noFollow]) } catch {
      if error.code == .noEntry { return }
      throw error
    }
    var removal = TreeRemoval(root: handle, path: path)
    let first = removal.run()
    do { try removeDirectory(path) } catch { throw first ?? error }
    if let first { throw first }
  }

  /// Names in a directory, without `.` and `..`, in no order.
  public static func list(_ path: String) throws(SystemError) -> [String] {
    do { return try names(in: .open(path, [.readOnly, .directory])) } catch {
      throw SystemError(error.code, "readdir", path)
    }
  }

  /// Names in an open directory, without `.` and `..`.
  public static func names(in directory: FileDescriptor) throws(SystemError) -> [String] {
    let own = FileDescriptor(
      owning: try check("openat") { apus_openat(directory.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0) })
    guard let stream = fdopendir(own.rawValue) else { throw SystemError(.current, "fdopendir") }
    _ = own.release()
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  public static func changeMode(_ path: String, _ mode: UInt32) throws(SystemError) {
    try check("chmod", path) { chmod(path, mode) }
  }

  /// Changes the owner, of a link itself where `path` is one.
  public static func changeOwner(_ path: String, user: UInt32, group: UInt32) throws(SystemError) {
    try check("lchown", path) { lchown(path, user, group) }
  }

  /// Bytes free to root and bytes in all on the file system that holds `path` (statfs(2)), and the file system's magic.
  public static func capacity(_ path: String) throws(SystemError) -> (free: UInt64, total: UInt64, type: UInt64) {
    var s = statfs()
    try check("statfs", path) { statfs(path, &s) }
    return (
      UInt64(s.f_bavail) * UInt64(s.f_bsize), UInt64(s.f_blocks) * UInt64(s.f_bsize),
      UInt64(bitPattern: Int64(s.f_type))
    )
  }

  /// Everything before the last `/`.
  public static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Everything after the last `/`.
  public static func name(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return path }
    return String(path[path.index(after: slash)...])
  }
}
