import Addressing

/// A link on the host.
public struct LinkPlan: Sendable, Hashable {
  /// What kind of link (ip-link(8)).
  public enum Kind: Sendable, Hashable {
    case bridge
    /// A link to nowhere, the parent of networks that nothing leaves.
    case dummy
    /// A station of its own on the segment of a link of the host.
    case macvlan(parent: String, MacvlanSettings.Mode)
    case vlan(MacvlanSettings.VLAN)
    /// One end on the host, the other, with this name and address, in the sandbox.
    case veth(peer: String, peerMAC: MACAddress)
    /// A tunnel between hosts, with its own end's address. It sends to whom its table names and to nobody else, and
    /// answers questions for neighbours itself.
    case vxlan(identifier: UInt32, local: IPAddress)
  }
  public var name: String
  public var kind: Kind
  /// Bytes; 0 leaves it to the kernel.
  public var mtu: Int
  public var mac: MACAddress?
  /// The bridge that it is a port of.
  public var master: String?
  /// A port that reaches its bridge but no other isolated port.
  public var isIsolated: Bool
  /// A port out of which a frame may go that came in by it.
  public var isHairpin: Bool
  /// Whether the bridge learns who is behind this port.
  public var learns = true
  /// Whether the kernel gives the link an IPv6 link-local address by itself.
  public var hasLinkLocal: Bool
  /// Who owns the link; kept in the kernel as the link's alias.
  public var owner: String

  public init(
    name: String, kind: Kind, mtu: Int, mac: MACAddress? = nil, master: String? = nil, isIsolated: Bool = false,
    isHairpin: Bool = false, hasLinkLocal: Bool = false, owner: String
  ) {
    self.name = name
    self.kind = kind
    self.mtu = mtu
    self.mac = mac
    self.master = master
    self.isIsolated = isIsolated
    self.isHairpin = isHairpin
    self.hasLinkLocal = hasLinkLocal
    self.owner = owner
  }
}

/// An address on a link.
public struct AddressPlan: Sendable, Hashable {
  public var link: String
  public var address: IPCIDR
  public init(link: String, address: IPCIDR) {
    self.link = link
    self.address = address
  }
}

/// A route; nil as destination is the default route.
public struct RoutePlan: Sendable, Hashable {
  public var destination: IPCIDR?
  public var gateway: IPAddress?
  public var link: String
  public init(destination: IPCIDR?, gateway: IPAddress?, link: String) {
    self.destination = destination
    self.gateway = gateway
    self.link = link
  }
}

/// A permanent entry of a neighbour table.
public struct NeighbourPlan: Sendable, Hashable {
  public var address: IPAddress
  public var mac: MACAddress
  public var link: String
  public init(address: IPAddress, mac: MACAddress, link: String) {
    self.address = address
    self.mac = mac
    self.link = link
  }
}

/// Behind which end of a tunnel a station is.
public struct ForwardingPlan: Sendable, Hashable {
  public var mac: MACAddress
  public var remote: IPAddress
  public var link: String
  public init(mac: MACAddress, remote: IPAddress, link: String) {
    self.mac = mac
    self.remote = remote
    self.link = link
  }
}

/// A setting under /proc/sys/net.
public struct SysctlPlan: Sendable, Hashable {
  /// Relative to /proc/sys/net, with slashes.
  public var path: String
  public var value: String
  /// A host without it (IPv6 switched off) is no error.
  public var isOptional: Bool
  public init(_ path: String, _ value: String, isOptional: Bool = false) {
    self.path = path
    self.value = value
    self.isOptional = isOptional
  }
}

/// What one namespace shall hold for one object.
public struct NamespacePlan: Sendable, Hashable {
  public var links: [LinkPlan] = []
  /// Links of somebody else that must be there.
  public var requiredLinks: [String] = []
  public var addresses: [AddressPlan] = []
  public var routes: [RoutePlan] = []
  public var neighbours: [NeighbourPlan] = []
  public var forwarding: [ForwardingPlan] = []
  public var sysctls: [SysctlPlan] = []
  public init() {}
}

/// Everything that one object (network or endpoint) wants of the kernel.
public struct ObjectPlan: Sendable, Hashable {
  public var host = NamespacePlan()
  /// Empty for networks. Its links are born there, with their parent on the host.
  public var sandbox = NamespacePlan()
  /// The network's own namespace on this host (overlay); empty for networks that live on the host itself.
  public var segment = NamespacePlan()
  public var firewall: FirewallFragment
  public init(firewall: FirewallFragment) { self.firewall = firewall }
}
