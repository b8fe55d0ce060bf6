/// The packets that a table sees (nft(8), ADDRESS FAMILIES; `NFPROTO_*` of linux/netfilter.h).
public enum Family: UInt8, Sendable, Hashable {
  /// IPv4 and IPv6 through one set of chains.
  case inet = 1
  case ipv4 = 2
  case arp = 3
  case netdev = 5
  case bridge = 7
  case ipv6 = 10

  /// The word of nft's language.
  public var keyword: String {
    switch self {
    case .inet: "inet"
    case .ipv4: "ip"
    case .arp: "arp"
    case .netdev: "netdev"
    case .bridge: "bridge"
    case .ipv6: "ip6"
    }
  }
}

/// The name of a table: the unit that belongs to one owner. Whatever stands in another table is somebody else's.
public struct TableName: Sendable, Hashable, CustomStringConvertible {
  public let family: Family
  public let name: String

  public init(_ family: Family, _ name: String) {
    self.family = family
    self.name = name
  }

  public var description: String { "\(family.keyword) \(name)" }
}

/// Everything that one table holds, or should hold.
public struct Table: Sendable, Equatable {
  public var name: TableName
  public var sets: [NamedSet]
  public var chains: [Chain]

  public init(_ name: TableName, sets: [NamedSet] = [], chains: [Chain] = []) {
    self.name = name
    self.sets = sets
    self.chains = chains
  }

  /// The chain with this name.
  public func chain(_ name: String) -> Chain? { chains.first { $0.name == name } }

  /// The set or map with this name.
  public func set(_ name: String) -> NamedSet? { sets.first { $0.name == name } }
}
