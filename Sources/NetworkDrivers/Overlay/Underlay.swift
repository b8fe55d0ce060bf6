import Addressing
import Linux
import Netlink
import NetworkModel

/// What carries the tunnels of a host.
struct Underlay: Sendable, Hashable {
  /// Where the host's tunnels end.
  var address: IPAddress
  /// Bytes that fit into a packet of the link that has the address.
  var mtu: Int

  /// What containers may send at a time, so that no packet must be cut in pieces: less by the outer Ethernet, UDP and
  /// VXLAN headers, which the inner frame's own Ethernet header equals in size, and the outer IP header (RFC 7348).
  var innerMTU: Int { mtu - (address.family == .v4 ? 50 : 70) }

  /// Looks the advertised address up on the host.
  static func find(_ advertised: ClusterConfiguration.Advertised, _ socket: RouteSocket) throws -> Underlay {
    switch advertised {
    case .address(let address):
      guard let found = try socket.addresses().first(where: { $0.address.address == address }),
        let link = try socket.link(.index(found.linkIndex))
      else {
        throw NetworkError(.unavailable, "--cluster-advertise \(address): no link of this host has this address")
      }
      return Underlay(address: address, mtu: Int(link.mtu))
    case .link(let name):
      guard let link = try socket.link(.name(name)) else {
        throw NetworkError(.unavailable, "--cluster-advertise \(name): there is no link \(name) on this host")
      }
      let addresses = try socket.addresses(linkIndex: link.index).map(\.address.address).filter { !$0.isLinkLocal }
      guard let address = addresses.first(where: { $0.family == .v4 }) ?? addresses.first else {
        throw NetworkError(.unavailable, "--cluster-advertise \(name): the link has no address")
      }
      return Underlay(address: address, mtu: Int(link.mtu))
    }
  }
}
