import Linux

/// Which network namespaces there still are. Calls block, and enter namespaces: on an owned thread only.
enum LiveNamespaces {
  /// Those of some namespaces, by their numbers (SO_NETNS_COOKIE), that no process is in and that nothing of this mount
  /// namespace pins; nil where that cannot be known, because other processes are hidden from us.
  ///
  /// The kernel finds no namespace by its number, so all of them are asked for theirs until the ones in question are found.
  static func gone(among numbers: Set<UInt64>) throws -> Set<UInt64>? {
    if numbers.isEmpty { return [] }
    guard try FileSystem.readLink("/proc/self/ns/pid") == firstProcessNamespace else { return nil }
    var gone = numbers
    var seen: Set<String> = []
    func look(_ path: String, _ name: String) {
      guard !gone.isEmpty, seen.insert(name).inserted else { return }
      // One that goes while we look is gone.
      guard let handle = try? FileDescriptor.open(path, .readOnly),
        let number = try? Namespaces.inside(handle, .network, { try number() })
      else { return }
      gone.remove(number)
    }
    for process in try FileSystem.list("/proc") where process.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      let path = "/proc/\(process)/ns/net"
      if let name = try? FileSystem.readLink(path) { look(path, name) }
    }
    for mount in try Mounts.all() where mount.fileSystem == "nsfs" && mount.root.hasPrefix("net:") {
      look(mount.path, mount.root)
    }
    return gone
  }

  /// The number of the calling thread's network namespace.
  static func number() throws(SystemError) -> UInt64 {
    try Sockets.networkCookie(of: try Sockets.make(.ipv4, .stream))
  }

  /// The number that the kernel gives to the namespace of processes that it starts with (linux/proc_ns.h).
  private static let firstProcessNamespace = "pid:[4026531836]"
}
