import Addressing

/// The keys of the cluster's state, below the store's prefix.
public enum ClusterKey: Sendable, Hashable {
  /// Changed with every creation and removal of a network: who decides about one compares it.
  case generation
  /// A network's record.
  case network(String)
  /// The id of the network with this name.
  case name(String)
  /// The id of the network with this VNI.
  case identifier(UInt32)
  /// Who has an address; there until its owner gives it back, or its owner's host is gone and somebody needs it.
  case address(network: String, IPAddress)
  /// Where an endpoint is; goes with its host's lease.
  case endpoint(network: String, String)
  /// A host; goes with its lease.
  case host(String)

  public static let networks = "networks/"
  public static let identifiers = "vni/"
  public static let hosts = "hosts/"
  public static func addresses(of network: String) -> String { "addresses/\(network)/" }

  public var text: String {
    switch self {
    case .generation: "generation"
    case .network(let id): Self.networks + id
    case .name(let name): "names/\(name)"
    case .identifier(let number): "\(Self.identifiers)\(number)"
    case .address(let network, let address): "\(Self.addresses(of: network))\(address)"
    case .endpoint(let network, let id): "endpoints/\(network)/\(id)"
    case .host(let id): Self.hosts + id
    }
  }

  /// Nil for keys of others, or of a later version.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.count) {
    case ("generation", 1): self = .generation
    case ("networks", 2): self = .network(parts[1])
    case ("names", 2): self = .name(parts[1])
    case ("vni", 2):
      guard let number = UInt32(parts[1]) else { return nil }
      self = .identifier(number)
    case ("addresses", 3):
      guard let address = IPAddress(parts[2]) else { return nil }
      self = .address(network: parts[1], address)
    case ("endpoints", 3): self = .endpoint(network: parts[1], parts[2])
    case ("hosts", 2): self = .host(parts[1])
    default: return nil
    }
  }
}
