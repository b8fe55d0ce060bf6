import Addressing
import NetworkModel

/// Containers on the segment of a link of the host, each as a station with a hardware address of its own.
public struct MacvlanDriver: NetworkDriver {
  private let instance: String

  /// - Parameter instance: the engine's name, which every link carries.
  public init(instance: String) { self.instance = instance }

  public var name: DriverName { .macvlan }
  public var capabilities: DriverCapabilities { DriverCapabilities(scope: .local, hasLinks: true, allowsMany: true) }

  public func configure(_ network: inout NetworkRecord, options: [String: String]) throws(NetworkError) {
    network.macvlan = try MacvlanOptionReader.settings(options, network: network)
  }

  public func validate(_ network: NetworkRecord) throws(NetworkError) {
    if network.macvlan == nil {
      throw NetworkError(.invalid, "network \(network.name): a macvlan network needs a parent")
    }
  }

  public func plan(_ network: NetworkRecord) -> ObjectPlan {
    var plan = ObjectPlan(firewall: FirewallFragment(key: "network/\(network.id)", entries: []))
    guard let macvlan = network.macvlan else { return plan }
    let owner = Owner.network(network.id, instance)
    if macvlan.ownsParent {
      plan.host.links = [
        LinkPlan(name: macvlan.parent, kind: .dummy, mtu: macvlan.mtu ?? 1500, owner: owner)
      ]
    } else if let vlan = macvlan.vlan {
      plan.host.links = [
        LinkPlan(name: macvlan.parent, kind: .vlan(vlan), mtu: macvlan.mtu ?? 0, owner: owner)
      ]
    } else {
      plan.host.requiredLinks = [macvlan.parent]
    }
    return plan
  }

  public func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan {
    var plan = ObjectPlan(firewall: FirewallFragment(key: "endpoint/\(endpoint.id)", entries: []))
    guard let macvlan = network.macvlan, let mac = endpoint.mac else { return plan }
    // A passthru station has its parent's address.
    plan.sandbox.links = [
      LinkPlan(
        name: endpoint.interface, kind: .macvlan(parent: macvlan.parent, macvlan.mode), mtu: endpoint.mtu,
        mac: macvlan.mode == .passthru ? nil : mac, owner: Owner.endpoint(endpoint.id, instance))
    ]
    plan.sandbox.take(addressesOf: endpoint)
    plan.sandbox.take(settingsOf: endpoint)
    return plan
  }
}
