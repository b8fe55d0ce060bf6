import CLinux
import Glibc

/// The older tables of iptables and ip6tables (x_tables) in one network namespace, as far as to see that they have
/// changed: the kernel announces nothing about them.
public struct XTables: Sendable {
  private let ipv4: FileDescriptor
  private let ipv6: FileDescriptor?

  /// - Parameter namespace: nil means the calling thread's.
  /// - Throws: `.notPermitted` for who may not open raw sockets.
  public init(in namespace: FileDescriptor? = nil) throws {
    if let namespace {
      (ipv4, ipv6) = try Namespaces.inside(namespace, .network) { try Self.sockets() }
    } else {
      (ipv4, ipv6) = try Self.sockets()
    }
  }

  private static func sockets() throws -> (FileDescriptor, FileDescriptor?) {
    // A kernel without IPv6 has no such tables.
    let hasIPv6 = FileSystem.exists("/proc/thread-self/net/if_inet6")
    return (
      try Sockets.make(.ipv4, .raw, protocolNumber: 255),
      hasIPv6 ? try Sockets.make(.ipv6, .raw, protocolNumber: 255) : nil
    )
  }

  /// A number that differs when the rules of any of the named tables differ (iptables' IPT_SO_GET_ENTRIES), whatever their
  /// counters say. Only tables that are in use should be named: the kernel makes one that it is asked about. It blocks for
  /// as long as somebody is replacing one of them.
  public func fingerprint(ipv4 tables4: [String], ipv6 tables6: [String]) -> UInt64 {
    var all: UInt64 = 0xcbf2_9ce4_8422_2325
    for (socket, tables, isIPv6) in [(ipv4, tables4, Int32(0)), (ipv6, tables6, 1)] {
      guard let socket else { continue }
      for table in tables {
        var one: UInt64 = 0
        // A table that cannot be read differs from one that can by the error.
        if apus_xtables_fingerprint(socket.rawValue, isIPv6, table, &one) != 0 { one = UInt64(errno) }
        all = (all ^ one) &* 0x100_0000_01b3
        all = all << 31 | all >> 33
      }
    }
    return all
  }
}
