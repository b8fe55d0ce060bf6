/// How the stations of a macvlan parent see each other (ip-link(8)).
public enum MacvlanMode: UInt32, Sendable {
  case isolated = 1
  case vepa = 2
  case bridge = 4
  case passthrough = 8
  case source = 16

  /// The kernel's name for `isolated` is "private".
  init?(kernel value: UInt32?) {
    guard let value, let mode = Self(rawValue: value) else { return nil }
    self = mode
  }
}

/// How an ipvlan works (ip-link(8)).
public enum IpvlanMode: UInt16, Sendable {
  case l2 = 0
  case l3 = 1
  case l3s = 2
}

/// A kind of link that can be created, with what defines it.
public enum LinkKind: Sendable {
  case bridge(BridgeOptions)
  /// A pair of links; `peer` describes the other end, which may begin its life in another namespace. It cannot begin
  /// its life up: the kernel opens no end that has no other end yet.
  case veth(peer: LinkSettings)
  case vxlan(VXLANOptions)
  /// Needs `NewLink.parentIndex`.
  case macvlan(MacvlanMode)
  /// Needs `NewLink.parentIndex`.
  case ipvlan(IpvlanMode)
  /// A VLAN by its number (1 to 4094). Needs `NewLink.parentIndex`.
  case vlan(UInt16)
  /// A kind that needs nothing but its name: `dummy`, `ifb`, `vcan`.
  case plain(String)

  /// The kernel's name of the kind.
  public var name: String {
    switch self {
    case .bridge: "bridge"
    case .veth: "veth"
    case .vxlan: "vxlan"
    case .macvlan: "macvlan"
    case .ipvlan: "ipvlan"
    case .vlan: "vlan"
    case .plain(let name): name
    }
  }

  func writeData(to writer: inout MessageWriter) {
    switch self {
    case .bridge(let options):
      writer.nested(LinkAttribute.Info.data) { options.write(to: &$0) }
    case .veth(let peer):
      writer.nested(LinkAttribute.Info.data) {
        $0.nested(AttributeType(1, "VETH_INFO_PEER")) {
          LinkRequest.header(to: &$0, flags: peer.flags)
          peer.atBirth.write(to: &$0)
        }
      }
    case .vxlan(let options):
      writer.nested(LinkAttribute.Info.data) { options.write(to: &$0) }
    case .macvlan(let mode):
      writer.nested(LinkAttribute.Info.data) { $0.attribute(AttributeType(1, "IFLA_MACVLAN_MODE"), mode.rawValue) }
    case .ipvlan(let mode):
      writer.nested(LinkAttribute.Info.data) { $0.attribute(AttributeType(1, "IFLA_IPVLAN_MODE"), mode.rawValue) }
    case .vlan(let id):
      writer.nested(LinkAttribute.Info.data) { $0.attribute(AttributeType(1, "IFLA_VLAN_ID"), id) }
    case .plain: break
    }
  }
}
