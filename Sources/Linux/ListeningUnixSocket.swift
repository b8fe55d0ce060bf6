import CLinux
import Glibc

/// A unix stream socket that is bound to a path and has its permissions before anybody can connect (unix(7)).
public final class ListeningUnixSocket: Sendable {
  /// The bound socket, non-blocking; not listening yet.
  public let descriptor: FileDescriptor
  public let path: String
  private let identity: Identity

  /// Which file is ours. The number alone does not tell: a file system gives a freed inode to the next file.
  private struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64
    let changed: [Int64]

    init?(_ path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      changed = [Int64(status.st_ctim.tv_sec), Int64(status.st_ctim.tv_nsec)]
    }
  }

  /// Binds to `path`. A socket left there by a process that died is removed; one that answers is not.
  /// - Parameters:
  ///   - mode: the permission bits of the socket file.
  ///   - group: the group that the file belongs to; a host without that group keeps the caller's.
  /// - Throws: `addressInUse` where another process serves there, `exists` where something else than a socket is there.
  public init(path: String, mode: UInt32, group: String?) throws(SystemError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard !bytes.isEmpty, bytes.count < capacity, !bytes.contains(0) else {
      throw SystemError(Errno(rawValue: ENAMETOOLONG), "bind", path)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let socket = try Self.makeSocket()
    try Self.removeStale(path, address)
    // The inode takes the socket's own mode: until the owner is right, only root gets through.
    let raw = socket.rawValue
    try check("fchmod", path) { fchmod(raw, 0o600) }
    try check("bind", path) {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    do throws(SystemError) {
      if let id = try group.flatMap({ (name) throws(SystemError) in try Groups.id(of: name) }) {
        try check("chown", path) { lchown(path, uid_t.max, id) }
      }
      try check("chmod", path) { chmod(path, mode_t(mode)) }
      guard let identity = Identity(path) else { throw SystemError(.current, "lstat", path) }
      self.identity = identity
    } catch {
      _ = Glibc.unlink(path)
      throw error
    }
    descriptor = socket
    self.path = path
  }

  /// Removes the file, unless another process has put its own there since.
  public func unlink() {
    guard Identity(path) == identity else { return }
    _ = Glibc.unlink(path)
  }

  private static func makeSocket() throws(SystemError) -> FileDescriptor {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    return FileDescriptor(owning: try check("socket") { socket(AF_UNIX, kind, 0) })
  }

  private static func removeStale(_ path: String, _ address: sockaddr_un) throws(SystemError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(.exists, "bind", path) }
    let probe = try makeSocket()
    var address = address
    let raw = probe.rawValue
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // Refused: the file has no socket behind it any more. All else, a full queue too, means that somebody is there.
    guard result != 0, Errno.current == .connectionRefused else { throw SystemError(.addressInUse, "bind", path) }
    try check("unlink", path) { Glibc.unlink(path) }
  }
}

/// The host's groups (group(5)), without the name service: a static executable cannot load its modules.
public enum Groups {
  /// The number of a group, or nil where the host has none of that name.
  public static func id(of name: String) throws(SystemError) -> UInt32? {
    if let number = UInt32(name) { return number }
    for line in try FileSystem.readText("/etc/group").split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count >= 3, fields[0] == name { return UInt32(fields[2]) }
    }
    return nil
  }
}
