import Addressing

/// Decides which of a sandbox's endpoints gives it its default route. Pure.
public enum GatewayChoice {
  /// The endpoint with the highest priority that has a gateway of the family on a network that leads out; among equals
  /// the first by its network's name, as docker decides.
  public static func endpoint(
    _ family: IPFamily, among endpoints: [(endpoint: EndpointRecord, network: NetworkRecord)]
  ) -> EndpointRecord? {
    endpoints.filter { !$0.network.isInternal && $0.endpoint.gateway(family) != nil }
      .min { a, b in
        (-a.endpoint.gatewayPriority, a.network.name, a.endpoint.id)
          < (-b.endpoint.gatewayPriority, b.network.name, b.endpoint.id)
      }?.endpoint
  }

  /// The default routes of a sandbox.
  public static func routes(
    among endpoints: [(endpoint: EndpointRecord, network: NetworkRecord)]
  ) -> [RoutePlan] {
    [IPFamily.v4, .v6].compactMap { family in
      guard let chosen = endpoint(family, among: endpoints), let gateway = chosen.gateway(family) else { return nil }
      return RoutePlan(destination: nil, gateway: gateway, link: chosen.interface)
    }
  }
}

extension EndpointRecord {
  /// The gateway of a family.
  public func gateway(_ family: IPFamily) -> IPAddress? {
    switch family {
    case .v4: gateway.map { .v4($0) }
    case .v6: gateway6.map { .v6($0) }
    }
  }

  /// Its addresses, each alone.
  public var addresses: [IPAddress] {
    [address.map { .v4($0.address) }, address6.map { .v6($0.address) }].compactMap { $0 }
  }
}
