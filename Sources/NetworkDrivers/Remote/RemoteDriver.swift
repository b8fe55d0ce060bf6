import Addressing
import NetworkModel

/// The side of a plugin's networks that is ours: addresses, routes and settings in the sandbox. The links are the
/// plugin's.
public struct RemoteDriver: NetworkDriver {
  /// The plugin's name.
  public let name: DriverName
  /// How far its networks reach.
  public let scope: Scope

  public init(name: DriverName, scope: Scope = .local) {
    self.name = name
    self.scope = scope
  }

  public var capabilities: DriverCapabilities { DriverCapabilities(scope: scope, hasLinks: true, allowsMany: true) }

  /// The options mean something to the plugin alone.
  public func configure(_ network: inout NetworkRecord, options: [String: String]) throws(NetworkError) {
    network.remote = RemoteSettings(scope: scope)
  }

  public func validate(_ network: NetworkRecord) throws(NetworkError) {}

  public func plan(_ network: NetworkRecord) -> ObjectPlan {
    ObjectPlan(firewall: FirewallFragment(key: "network/\(network.id)", entries: []))
  }

  public func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan {
    var plan = ObjectPlan(firewall: FirewallFragment(key: "endpoint/\(endpoint.id)", entries: []))
    guard let remote = endpoint.remote, !endpoint.interface.isEmpty else { return plan }
    plan.sandbox.take(addressesOf: endpoint)
    plan.sandbox.take(settingsOf: endpoint)
    plan.sandbox.routes = remote.routes.map {
      RoutePlan(destination: $0.destination, gateway: $0.nextHop, link: endpoint.interface)
    }
    return plan
  }
}
