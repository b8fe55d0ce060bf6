import Addressing
import Netlink

/// The address by which this host is reached from others.
enum HostAddress {
  /// An address of the documentation's range (RFC 5737): what matters is only which way packets would go.
  private static let elsewhere = IPv4Address(203, 0, 113, 1)

  /// The address of the way to everywhere else, or else the first one that is not this host's own affair; nil where there
  /// is none. Blocks for a moment.
  /// - Throws: where the kernel cannot be asked: a server that guesses would tell clients an address that is none.
  static func first() throws(NetlinkError) -> IPAddress? {
    let socket = try NetlinkSocket<RouteFamily>()
    if let source = try route(socket)?.preferredSource, !source.isLoopback { return source }
    return try socket.addresses().first { $0.scope == .global && !$0.address.address.isLoopback }?.address.address
  }

  private static func route(_ socket: NetlinkSocket<RouteFamily>) throws(NetlinkError) -> Route? {
    do { return try socket.route(to: .v4(elsewhere)) } catch {
      // A route that says that there is no way, as of the type `blackhole`.
      guard error.code == .rejected else { throw error }
      return nil
    }
  }
}
