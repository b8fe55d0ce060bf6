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
      } else if joins(record, network) {
        // Networks without links have members too, which own no interface and no address.
        endpoints[record.id] = ContainerEndpoint(
          networkName: network.name, networkID: network.id, endpointID: record.id, interface: "", mac: "", ipv4: "",
          ipv4PrefixLength: 0, ipv4Gateway: "")
      }
    }
    return NetworkSummary(
      id: network.id, name: network.name, driver: network.driver.rawValue, scope: "local", created: network.created,
      subnets: network.subnets.map { subnet in
        NetworkSummary.Subnet(
          subnet: "\(subnet.subnet)", range: subnet.range.map { "\($0)" } ?? "", gateway: "\(subnet.gateway)",
          auxiliary: subnet.auxiliary.mapValues { "\($0)" })
      },
      isInternal: network.isInternal, hasIPv4: network.driver != .bridge || network.subnet(.v4) != nil,
      hasIPv6: network.subnet(.v6) != nil, options: options(network), labels: network.labels, endpoints: endpoints)
  }

  private static func joins(_ record: ContainerRecord, _ network: NetworkRecord) -> Bool {
    switch record.definition.network {
    case .host: network.driver == .host
    case .none: network.driver == .null
    default: false
    }
  }

  /// Docker's names for what a bridge is made of; the default network tells that it is the default.
  private static func options(_ network: NetworkRecord) -> [String: String] {
    guard let bridge = network.bridge else { return [:] }
    var options = [
      "com.docker.network.bridge.name": bridge.bridgeName,
      "com.docker.network.bridge.enable_icc": "\(bridge.interContainer)",
      "com.docker.network.bridge.enable_ip_masquerade": "\(bridge.masquerade)",
      "com.docker.network.bridge.host_binding_ipv4": bridge.hostBinding.map { "\($0)" } ?? "0.0.0.0",
      "com.docker.network.driver.mtu": "\(bridge.mtu)",
    ]
    if network.name == defaultNetwork { options["com.docker.network.bridge.default_bridge"] = "true" }
    return options
  }
}
