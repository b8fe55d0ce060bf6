import Addressing
import NetworkDrivers
import NetworkModel

extension ContainerEngine {
  /// All networks, with the endpoints of running containers on them.
  public func networks() -> [NetworkSummary] {
    let records = table.all().map(\.record).filter { $0.state.isRunning }
    return network.networks().map { Self.summary($0, containers: records) }
  }

  static func summary(_ network: NetworkRecord, containers: [ContainerRecord]) -> NetworkSummary {
    var endpoints: [String: ContainerEndpoint] = [:]
    for record in containers {
      if let endpoint = record.endpoints.first(where: { $0.networkID == network.id }) {
        endpoints[record.id] = endpoint
      }
    }
    return NetworkSummary(
      id: network.id, name: network.name, driver: network.driver.rawValue, scope: scope(network),
      created: network.created,
      subnets: network.subnets.map { subnet in
        NetworkSummary.Subnet(
          subnet: "\(subnet.subnet)", range: subnet.range.map { "\($0)" } ?? "",
          // A gateway that nobody asked for is told only where nobody asked for the subnet either, as docker does.
          gateway: (subnet.isChosen && !subnet.hasChosenGateway && !network.isPredefined)
            || subnet.hasNoGateway == true
            || network.bridge?.gatewayMode(subnet.subnet.family) == .isolated ? "" : "\(subnet.gateway)",
          auxiliary: subnet.auxiliary.mapValues { "\($0)" })
      },
      ipamDriver: network.ipam.driver, ipamOptions: network.ipam.options,
      isInternal: network.isInternal, isAttachable: network.isAttachable,
      isConfigurationOnly: network.isConfigurationOnly, configuredFrom: network.configuredFrom,
      hasIPv4: network.hasIPv4, hasIPv6: network.subnet(.v6) != nil, options: options(network),
      labels: network.labels, endpoints: endpoints)
  }

  private static func scope(_ network: NetworkRecord) -> String {
    if let remote = network.remote { return remote.scope.rawValue }
    return network.driver == .overlay ? Scope.global.rawValue : Scope.local.rawValue
  }

  /// The options as they were given; for the default network docker's names for what its bridge is made of.
  private static func options(_ network: NetworkRecord) -> [String: String] {
    guard network.isPredefined, let bridge = network.bridge else { return network.options }
    var options = [
      "com.docker.network.bridge.name": bridge.bridgeName,
      "com.docker.network.bridge.enable_icc": "\(bridge.interContainer)",
      "com.docker.network.bridge.enable_ip_masquerade": "\(bridge.masquerade)",
      "com.docker.network.bridge.host_binding_ipv4": bridge.hostBinding.map { "\($0)" } ?? "0.0.0.0",
      "com.docker.network.driver.mtu": "\(bridge.mtu)",
    ]
    options["com.docker.network.bridge.default_bridge"] = "true"
    return options
  }
}
