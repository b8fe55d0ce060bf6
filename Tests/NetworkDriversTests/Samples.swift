import Addressing
import Netfilter
import NetworkModel
import Testing

@testable import NetworkDrivers

/// Networks and endpoints that the tests of planners use.
enum Samples {
  static func network(
    ipv6: Bool = false, interContainer: Bool = true, masquerade: Bool = true
  ) throws -> NetworkRecord {
    var subnets = [
      SubnetRecord(
        subnet: try #require(IPCIDR("172.17.0.0/16")), gateway: try #require(IPAddress("172.17.0.1")))
    ]
    if ipv6 {
      subnets.append(
        SubnetRecord(subnet: try #require(IPCIDR("fd00:17::/64")), gateway: try #require(IPAddress("fd00:17::1"))))
    }
    return NetworkRecord(
      id: String(repeating: "a", count: 64), name: "bridge", driver: .bridge, created: 0, subnets: subnets,
      bridge: BridgeSettings(bridgeName: "apus0", interContainer: interContainer, masquerade: masquerade))
  }

  /// Host address, host port, protocol and container port of what is published.
  static func endpoint(
    ipv6: Bool = false, ports: [(String, UInt16, TransportProtocol, UInt16)] = []
  ) throws -> EndpointRecord {
    let address = try #require(IPv4CIDR("172.17.0.2/16"))
    let address6: IPv6CIDR = try #require(IPv6CIDR("fd00:17::2/64"))
    let gateway6: IPv6Address = try #require(IPv6Address("fd00:17::1"))
    return EndpointRecord(
      id: String(repeating: "b", count: 64), name: "web", networkID: String(repeating: "a", count: 64),
      sandboxID: "box", interface: "eth0", hostInterface: "apusbbbbbbbbbbb",
      mac: MACAddress(derivedFrom: address.address), address: address, address6: ipv6 ? address6 : nil,
      gateway: IPv4Address(172, 17, 0, 1), gateway6: ipv6 ? gateway6 : nil,
      mtu: 1500,
      ports: try ports.map { host, hostPort, transport, port in
        let hostAddress: IPAddress = try #require(IPAddress(host))
        let target: IPAddress? =
          hostAddress.family == .v4 ? .v4(address.address) : ipv6 ? .v6(address6.address) : .v4(address.address)
        return PublishedPort(
          TransportPort(Port(port), transport), hostAddress: hostAddress, hostPort: Port(hostPort), target: target)
      })
  }

  /// The firewall table with the elements of these plans.
  static func table(_ plans: [ObjectPlan]) -> Table {
    var table = FirewallTable.empty("apus")
    for entry in plans.flatMap(\.firewall.entries) {
      for (set, element) in FirewallTable.elements(of: entry) {
        for index in table.sets.indices where table.sets[index].name == set.name {
          table.sets[index].elements.insert(element)
        }
      }
    }
    return table
  }

  /// What a host without any rules is told for these plans: both families' input of iptables-restore.
  static func iptables(_ plans: [ObjectPlan]) -> String {
    let chains = FirewallChains(instance: "apus")
    return [IPFamily.v4, .v6].map { family in
      let transaction = Iptables.Transaction.difference(
        from: Iptables.Snapshot(""), to: chains.tables(plans.map(\.firewall), family), family, marks: chains.marks)
      return "# \(family == .v4 ? "iptables" : "ip6tables")-restore --noflush\n\(transaction.text)"
    }.joined(separator: "\n")
  }
}
