import Addressing
import NetworkModel

/// Containers on one network over many hosts. On each host that has some, the network has a namespace of its own, its
/// segment: a bridge for the host's containers, and a tunnel to the other hosts as one of the bridge's ports.
public struct OverlayDriver: NetworkDriver {
  private let instance: String
  /// The links of a segment; in a namespace of its own their names are free.
  static let bridgeName = "br0"
  static let tunnelName = "vxlan0"

  /// - Parameter instance: the engine's name, which every link carries.
  public init(instance: String) { self.instance = instance }

  public var name: DriverName { .overlay }
  public var capabilities: DriverCapabilities { DriverCapabilities(scope: .global, hasLinks: true, allowsMany: true) }

  public func configure(_ network: inout NetworkRecord, options: [String: String]) throws(NetworkError) {
    network.overlay = try OverlayOptionReader.settings(options)
  }

  public func validate(_ network: NetworkRecord) throws(NetworkError) {
    guard let overlay = network.overlay else {
      throw NetworkError(.invalid, "network \(network.name): an overlay network needs an identifier")
    }
    if let mtu = overlay.mtu, network.subnet(.v6) != nil, mtu < 1280 {
      throw NetworkError(.invalid, "network \(network.name): invalid MTU \(mtu): 1280 to 65535")
    }
    for family in [IPFamily.v4, .v6] where network.subnets.filter({ $0.subnet.family == family }).count > 1 {
      throw NetworkError(.forbidden, "overlay driver doesn't support multiple subnets of one family")
    }
  }

  /// Nothing on the host itself; see `segment`.
  public func plan(_ network: NetworkRecord) -> ObjectPlan {
    ObjectPlan(firewall: FirewallFragment(key: "network/\(network.id)", entries: []))
  }

  /// A network's segment on one host.
  /// - Parameters:
  ///   - vtep: where the host's tunnels end.
  ///   - mtu: bytes that a container may send at a time.
  public func segment(_ network: NetworkRecord, vtep: IPAddress, mtu: Int) -> NamespacePlan {
    var plan = NamespacePlan()
    guard let overlay = network.overlay else { return plan }
    let owner = Owner.network(network.id, instance)
    var tunnel = LinkPlan(
      name: Self.tunnelName, kind: .vxlan(identifier: overlay.identifier, local: vtep), mtu: mtu,
      master: Self.bridgeName, owner: owner)
    // Who is where is told by the cluster, and by nobody who only says so.
    tunnel.learns = false
    plan.links = [LinkPlan(name: Self.bridgeName, kind: .bridge, mtu: mtu, owner: owner), tunnel]
    if network.subnet(.v6) != nil {
      // A link without IPv6 keeps no IPv6 neighbours to answer for. It gets no address of its own for that.
      plan.sysctls = [
        SysctlPlan("ipv6/conf/\(Self.tunnelName)/accept_ra", "0"),
        SysctlPlan("ipv6/conf/\(Self.tunnelName)/disable_ipv6", "0"),
      ]
    }
    return plan
  }

  public func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan {
    var plan = ObjectPlan(firewall: FirewallFragment(key: "endpoint/\(endpoint.id)", entries: []))
    guard network.overlay != nil, let mac = endpoint.mac else { return plan }
    plan.segment.links = [
      LinkPlan(
        name: endpoint.hostInterface, kind: .veth(peer: endpoint.interface, peerMAC: mac), mtu: endpoint.mtu,
        master: Self.bridgeName, owner: Owner.endpoint(endpoint.id, instance))
    ]
    plan.sandbox.take(addressesOf: endpoint)
    plan.sandbox.take(settingsOf: endpoint)
    return plan
  }
}
