import NetworkModel

/// The host's own stack: a container gets no namespace of its own, so there is nothing to plan.
public struct HostDriver: NetworkDriver {
  public init() {}
  public var name: DriverName { .host }
  public var capabilities: DriverCapabilities { DriverCapabilities(scope: .local, hasLinks: false, allowsMany: false) }
  public func configure(_ network: inout NetworkRecord, options: [String: String]) throws(NetworkError) {
    for label in options.keys.sorted() { try OptionValue.refuse(label, driver: name) }
  }
  public func validate(_ network: NetworkRecord) throws(NetworkError) {}
  public func plan(_ network: NetworkRecord) -> ObjectPlan {
    ObjectPlan(firewall: FirewallFragment(key: "network/\(network.id)", entries: []))
  }
  public func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan {
    ObjectPlan(firewall: FirewallFragment(key: "endpoint/\(endpoint.id)", entries: []))
  }
}
