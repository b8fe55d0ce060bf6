import Addressing
import Linux

/// What the host says about its ports.
enum HostPorts {
  /// The ports that the kernel gives out by itself, among which docker chooses too.
  static func ephemeralRange() throws -> PortRange {
    let fields = try Sysctl.value("/proc/sys/net/ipv4/ip_local_port_range").split { $0 == "\t" || $0 == " " }
    guard fields.count == 2, let first = Port(String(fields[0])), let last = Port(String(fields[1])),
      let range = PortRange(first, last)
    else { return fallback }
    return range
  }

  private static let fallback = PortRange(Port(49153), Port(65535)) ?? PortRange(Port(49153))

  /// Ports that must not be chosen by themselves (ip_local_reserved_ports: `8080,9000-9010`).
  static func reserved() throws -> Set<Port> {
    var ports: Set<Port> = []
    for part in try Sysctl.value("/proc/sys/net/ipv4/ip_local_reserved_ports").split(separator: ",") {
      if let range = PortRange(String(part)) { ports.formUnion(range) }
    }
    return ports
  }

  /// Whether sockets can be bound to IPv6 addresses here.
  static func hasIPv6() -> Bool {
    do { return try Sysctl.value("/proc/sys/net/ipv6/conf/lo/disable_ipv6") == "0" } catch { return false }
  }
}
