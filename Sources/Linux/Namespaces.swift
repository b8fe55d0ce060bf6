import CLinux
import Glibc

/// A kind of namespace (namespaces(7)).
public enum NamespaceKind: String, Sendable {
  case network = "net"
  case mount = "mnt"
  case pid, ipc, uts, user, cgroup

  var flag: Int32 {
    switch self {
    case .network: 0x4000_0000
    case .mount: 0x0002_0000
    case .pid: 0x2000_0000
    case .ipc: 0x0800_0000
    case .uts: 0x0400_0000
    case .user: 0x1000_0000
    case .cgroup: 0x0200_0000
    }
  }
}

/// Namespaces of the calling thread. Call these on an owned thread only, and only around opening a descriptor:
/// a thread that stays in another namespace poisons whatever runs on it next.
public enum Namespaces {
  /// A handle on the calling thread's own namespace.
  public static func current(_ kind: NamespaceKind) throws(SystemError) -> FileDescriptor {
    try FileDescriptor.open("/proc/thread-self/ns/\(kind.rawValue)", .readOnly)
  }

  /// Moves the calling thread into the namespace behind `handle` (setns(2)).
  public static func enter(_ handle: FileDescriptor, _ kind: NamespaceKind) throws(SystemError) {
    let raw = handle.rawValue
    try check("setns", kind.rawValue) { apus_setns(raw, kind.flag) }
  }

  /// Moves the calling thread into a new namespace (unshare(2)).
  public static func unshare(_ kind: NamespaceKind) throws(SystemError) {
    try check("unshare", kind.rawValue) { apus_unshare(kind.flag) }
  }

  /// Runs `body` with the calling thread in another namespace and brings the thread back. If it cannot be brought back
  /// the process ends: going on would send one container's packets through another's network.
  public static func inside<Result>(
    _ handle: FileDescriptor, _ kind: NamespaceKind, _ body: () throws -> Result
  ) throws -> Result {
    let home = try current(kind)
    try enter(handle, kind)
    defer {
      do { try enter(home, kind) } catch { fatalError("cannot return to the \(kind.rawValue) namespace: \(error)") }
    }
    return try body()
  }

  /// Makes a network namespace that lives as long as the file `path` (a bind mount of nsfs, as ip-netns(8) does), and
  /// returns a handle on it.
  public static func createNetwork(pinnedAt path: String) throws(SystemError) -> FileDescriptor {
    let home = try current(.network)
    try FileSystem.write(path, [UInt8](), mode: 0o444)
    do {
      try unshare(.network)
      defer {
        do { try enter(home, .network) } catch { fatalError("cannot return to the network namespace: \(error)") }
      }
      try Mounts.bind("/proc/thread-self/ns/net", at: path)
      return try current(.network)
    } catch {
      _ = Glibc.unlink(path)
      throw error
    }
  }

  /// Removes the pin of `createNetwork`: the namespace goes with its last process. Already gone is no error.
  public static func unpin(_ path: String) throws(SystemError) {
    try Mounts.unmount(path, lazily: true)
    try FileSystem.removeFile(path)
  }
}
