import Addressing

/// What a network or endpoint wants of the host's firewall, in words that every backend can turn into its own rules.
public enum FirewallEntry: Sendable, Hashable {
  /// A bridge of ours with its subnets: what is not asked for by a container and not published does not get in.
  /// Containers on it may reach each other or not.
  case bridge(String, [IPCIDR], interContainer: Bool)
  /// Nothing gets into the bridge from other links, nor out of it to them: an internal network.
  case confine(bridge: String)
  /// Whoever is not on another bridge of ours reaches every port on the bridge.
  case unprotected(bridge: String, IPFamily)
  /// Everybody, containers on other bridges included, may ping (ICMP, ICMPv6) what is on the bridge.
  case echo(bridge: String, IPFamily)
  /// Everybody, containers on other bridges included, reaches one port of one container at its own address.
  case open(bridge: String, IPAddress, TransportPort)
  /// Who comes in by one link that is no bridge of ours reaches one port of one container at its own address.
  case openFrom(link: String, bridge: String, IPAddress, TransportPort)
  /// What a container on the bridge sends to elsewhere leaves with an address of the host.
  case masquerade(bridge: String, IPFamily)
  /// The same with an address that somebody chose.
  case leaveAs(IPAddress, bridge: String)
  /// A port of the host leads to a port of a container. An unspecified host address means all addresses of its family.
  case publish(PublishKey, PublishTarget)
}

/// The host's side of a published port.
public struct PublishKey: Sendable, Hashable {
  public var address: IPAddress
  public var port: TransportPort
  public init(address: IPAddress, port: TransportPort) {
    self.address = address
    self.port = port
  }
}

/// The container's side.
public struct PublishTarget: Sendable, Hashable {
  public var address: IPAddress
  public var port: Port
  public init(address: IPAddress, port: Port) {
    self.address = address
    self.port = port
  }
}

/// The entries of one object. All fragments together are the firewall; one change replaces one fragment.
public struct FirewallFragment: Sendable, Hashable {
  /// `network/ID` or `endpoint/ID`.
  public var key: String
  public var entries: [FirewallEntry]
  public init(key: String, entries: [FirewallEntry]) {
    self.key = key
    self.entries = entries
  }
}
