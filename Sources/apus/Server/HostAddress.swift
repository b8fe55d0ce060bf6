import Addressing
import Netlink

/// The address by which this host is reached from others.
enum HostAddress {
  /// An address of the documentation's range (RFC 5737): what matters is only which way packets would go.
  private static let elsewhere = IPv4Address(203, 0, 113, 1)

  /// The address of the way to everywhere else, or else the first one that is not this host's own affair; nil where there
  /// is none. Blocks for a moment.
  static func first() -> IPAddress? {
    guard let socket = try? NetlinkSocket<RouteFamily>() else { return nil }
    if let source = (try? socket.route(to: .v4(elsewhere)))?.preferredSource, !source.isLoopback { return source }
    let addresses = (try? socket.addresses()) ?? []
    return addresses.first { $0.scope == .global && !$0.address.address.isLoopback }?.address.address
  }
}
