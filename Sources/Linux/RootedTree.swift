import CLinux
import Glibc

/// Reads files in a directory tree that nothing leads out of: every path is walked by openat2(2) with the tree's top as
/// the root, and what is found is first held by a descriptor that neither reads nor blocks (O_PATH), so that nobody can
/// swap it for something else between the look and the reading.
///
/// Names and paths are bytes: not every file name is UTF-8.
public struct RootedTree: Sendable {
  /// The top of the tree.
  public let root: FileDescriptor

  /// - Parameter root: a directory, opened for reading or as a mere handle.
  public init(root: FileDescriptor) { self.root = root }

  /// A file held in place, and what it is.
  public struct Held: Sendable {
    public let handle: FileDescriptor
    public let status: FileStatus

    /// Opens a regular file or a directory for reading.
    public func open() throws(SystemError) -> FileDescriptor {
      guard status.kind == .regular || status.kind == .directory else { throw SystemError(.invalid, "open") }
      return try .open("/proc/self/fd/\(handle.rawValue)", status.kind == .directory ? [.directory] : .nonBlocking)
    }

    /// Where a symbolic link points.
    public func linkTarget() throws(SystemError) -> [UInt8] {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let raw = handle.rawValue
      let count = try check("readlinkat") {
        buffer.withUnsafeMutableBytes { bytes in
          readlinkat(raw, "", bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
        }
      }
      return Array(buffer.prefix(count))
    }

    /// An extended attribute of anything but a link; nil where it is not set.
    public func attribute(_ name: String) -> [UInt8]? {
      guard status.kind != .symbolicLink else { return nil }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let path = "/proc/self/fd/\(handle.rawValue)"
      let count = buffer.withUnsafeMutableBytes { getxattr(path, name, $0.baseAddress, $0.count) }
      return count >= 0 ? Array(buffer.prefix(count)) : nil
    }

    /// All extended attributes of anything but a link.
    public func attributes() throws(SystemError) -> [(name: [UInt8], value: [UInt8])] {
      guard status.kind != .symbolicLink else { return [] }
      var buffer = [UInt8](repeating: 0, count: 65536)
      let path = "/proc/self/fd/\(handle.rawValue)"
      let count = buffer.withUnsafeMutableBytes {
        listxattr(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
      }
      if count < 0 {
        if Errno.current == .notSupported { return [] }
        throw SystemError(.current, "listxattr")
      }
      return buffer.prefix(count).split(separator: 0).compactMap { name in
        attribute(String(decoding: name, as: UTF8.self)).map { (Array(name), $0) }
      }
    }

    /// The numbers of the device that a node stands for.
    public var device: (major: UInt32, minor: UInt32) { (apus_major(status.special), apus_minor(status.special)) }
  }

  private static func terminated<Result>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.baseAddress!.withMemoryRebound(to: CChar.self, capacity: buffer.count) { body($0) }
    }
  }

  /// Holds what is at `path`. Links on the way are followed inside the tree; a link at the end only with `followLast`.
  public func hold(_ path: [UInt8], followLast: Bool) throws(SystemError) -> Held {
    let base = root.rawValue
    let target: [UInt8] = path.isEmpty ? [UInt8(ascii: ".")] : path
    let flags = OpenFlags.pathOnly.rawValue | O_CLOEXEC | (followLast ? 0 : O_NOFOLLOW)
    let resolve = ResolveFlags([.inRoot, .noMagicLinks]).rawValue
    // A rename elsewhere on the host makes the kernel give up with EAGAIN (openat2(2)): a few more tries are due.
    var attempts = 0
    while true {
      let raw = Self.terminated(target) { apus_openat2(base, $0, UInt64(UInt32(bitPattern: flags)), 0, resolve) }
      if raw >= 0 {
        let handle = FileDescriptor(owning: raw)
        return Held(handle: handle, status: try FileStatus(of: handle))
      }
      let code = Errno.current
      attempts += 1
      if code == .interrupted || (code == .tryAgain && attempts < 128) { continue }
      throw SystemError(code, "openat2", String(decoding: path, as: UTF8.self))
    }
  }

  /// Holds the member `name` of an open directory, a link itself.
  public static func hold(_ name: [UInt8], in directory: FileDescriptor) throws(SystemError) -> Held {
    let base = directory.rawValue
    let handle = FileDescriptor(
      owning: try check("openat", String(decoding: name, as: UTF8.self)) {
        terminated(name) { apus_openat(base, $0, OpenFlags.pathOnly.rawValue | O_NOFOLLOW | O_CLOEXEC, 0) }
      })
    return Held(handle: handle, status: try FileStatus(of: handle))
  }

  /// Names in an open directory without `.` and `..`, sorted by their bytes.
  public static func names(in directory: FileDescriptor) throws(SystemError) -> [[UInt8]] {
    let own = try FileDescriptor.open(".", [.readOnly, .directory], at: directory)
    guard let stream = fdopendir(own.rawValue) else { throw SystemError(.current, "fdopendir") }
    _ = own.release()
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != [0x2E] && name != [0x2E, 0x2E] { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
