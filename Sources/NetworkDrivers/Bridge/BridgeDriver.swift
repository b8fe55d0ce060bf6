import Addressing
import NetworkModel

/// Containers on a bridge of the host: a veth pair each, the bridge's own address is their gateway.
public struct BridgeDriver: NetworkDriver {
  private let instance: String

  /// - Parameter instance: the engine's name, which every link carries.
  public init(instance: String) { self.instance = instance }

  public var name: DriverName { .bridge }
  public var capabilities: DriverCapabilities { DriverCapabilities(scope: .local, hasLinks: true, allowsMany: true) }

  public func validate(_ network: NetworkRecord) throws(NetworkError) {
    guard let bridge = network.bridge else {
      throw NetworkError(.invalid, "network \(network.name): a bridge network needs a bridge")
    }
    let name = bridge.bridgeName
    guard (1...15).contains(name.utf8.count), name != ".", name != "..",
      name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F && $0 != 0x3A })
    else {
      throw NetworkError(
        .invalid, "network \(network.name): invalid bridge name \"\(name)\": 1 to 15 bytes without blanks, / and :")
    }
    // RFC 791 wants 68 bytes of every IPv4 link, RFC 8200 wants 1280 of every IPv6 link.
    let least = network.subnet(.v6) == nil ? 68 : 1280
    guard (least...65535).contains(bridge.mtu) else {
      throw NetworkError(.invalid, "network \(network.name): invalid MTU \(bridge.mtu): \(least) to 65535")
    }
    guard network.subnet(.v4) != nil else {
      throw NetworkError(.invalid, "network \(network.name): a bridge network needs an IPv4 subnet")
    }
    for record in network.subnets {
      guard record.subnet.contains(record.gateway) else {
        throw NetworkError(
          .invalid, "network \(network.name): no matching subnet for gateway \(record.gateway)")
      }
      if let range = record.range,
        !record.subnet.contains(range.network.address) || range.prefixLength < record.subnet.prefixLength
      {
        throw NetworkError(
          .invalid, "network \(network.name): no matching subnet for range \(range)")
      }
    }
  }

  public func plan(_ network: NetworkRecord) -> ObjectPlan {
    var plan = ObjectPlan(firewall: FirewallFragment(key: "network/\(network.id)", entries: []))
    guard let bridge = network.bridge else { return plan }
    let name = bridge.bridgeName
    let hasIPv6 = network.subnet(.v6) != nil
    plan.host.links = [
      LinkPlan(
        name: name, kind: .bridge, mtu: bridge.mtu,
        // A bridge without an address of its own takes its lowest port's, and would change it as containers come and go.
        mac: network.subnet(.v4)?.gateway.v4.map { MACAddress(derivedFrom: $0) }, hasLinkLocal: hasIPv6,
        owner: Owner.network(network.id, instance))
    ]
    for record in network.subnets {
      if let address = IPCIDR(record.gateway, prefixLength: record.subnet.prefixLength) {
        plan.host.addresses.append(AddressPlan(link: name, address: address))
      }
    }
    plan.host.sysctls = [
      SysctlPlan("ipv4/ip_forward", "1"),
      // What a local process sends from 127.0.0.1 to a published port may leave through the bridge. The firewall drops
      // what comes in by it for 127/8.
      SysctlPlan("ipv4/conf/\(name)/route_localnet", "1"),
      // A container must not tell the host its routes (CVE-2020-13401).
      SysctlPlan("ipv6/conf/\(name)/accept_ra", "0", isOptional: true),
      // Addresses are ours to give: looking for duplicates would only hold up the first second's packets, because a
      // router that has no settled link-local address does not ask for its neighbours.
      SysctlPlan("ipv6/conf/\(name)/accept_dad", "0", isOptional: true),
      SysctlPlan("ipv6/conf/\(name)/disable_ipv6", hasIPv6 ? "0" : "1", isOptional: !hasIPv6),
    ]
    if hasIPv6 { plan.host.sysctls.append(SysctlPlan("ipv6/conf/all/forwarding", "1")) }
    plan.firewall.entries.append(.bridge(name, network.subnets.map(\.subnet), interContainer: bridge.interContainer))
    if bridge.masquerade && !network.isInternal {
      for record in network.subnets { plan.firewall.entries.append(.masquerade(bridge: name, record.subnet.family)) }
    }
    return plan
  }

  public func plan(_ endpoint: EndpointRecord, on network: NetworkRecord) -> ObjectPlan {
    var plan = ObjectPlan(firewall: FirewallFragment(key: "endpoint/\(endpoint.id)", entries: []))
    guard let bridge = network.bridge, let mac = endpoint.mac else { return plan }
    plan.host.links = [
      LinkPlan(
        name: endpoint.hostInterface, kind: .veth(peer: endpoint.interface, peerMAC: mac), mtu: endpoint.mtu,
        master: bridge.bridgeName, isIsolated: !bridge.interContainer,
        // Where bridged packets pass the IP hooks (br_netfilter), a container's way to its own published port is turned
        // back inside the bridge and never reaches routing.
        isHairpin: true, owner: Owner.endpoint(endpoint.id, instance))
    ]
    if let address = endpoint.address {
      plan.sandbox.addresses.append(AddressPlan(link: endpoint.interface, address: .v4(address)))
    }
    if let address = endpoint.address6 {
      // New links of a sandbox come without IPv6.
      plan.sandbox.sysctls = [
        SysctlPlan("ipv6/conf/\(endpoint.interface)/accept_dad", "0", isOptional: true),
        SysctlPlan("ipv6/conf/\(endpoint.interface)/disable_ipv6", "0"),
        SysctlPlan("ipv6/conf/\(endpoint.interface)/accept_ra", "0", isOptional: true),
      ]
      plan.sandbox.addresses.append(AddressPlan(link: endpoint.interface, address: .v6(address)))
    }
    if !network.isInternal {
      if let gateway = endpoint.gateway {
        plan.sandbox.routes.append(RoutePlan(destination: nil, gateway: .v4(gateway), link: endpoint.interface))
      }
      if let gateway = endpoint.gateway6 {
        plan.sandbox.routes.append(RoutePlan(destination: nil, gateway: .v6(gateway), link: endpoint.interface))
      }
    }
    for port in endpoint.ports where port.isTranslatable {
      guard let target = port.target else { continue }
      plan.firewall.entries.append(
        .publish(
          PublishKey(
            address: port.hostAddress, port: TransportPort(port.hostPort, port.container.transport)),
          PublishTarget(address: target, port: port.container.port)))
    }
    return plan
  }
}

/// The mark on every link that says whose it is, kept as the link's alias: names are too short for it.
enum Owner {
  static func network(_ id: String, _ instance: String) -> String { "\(instance)/network/\(id)" }
  static func endpoint(_ id: String, _ instance: String) -> String { "\(instance)/endpoint/\(id)" }
  /// Whether a link with this alias belongs to the instance.
  static func isOurs(_ alias: String?, _ instance: String) -> Bool {
    alias?.hasPrefix("\(instance)/network/") == true || alias?.hasPrefix("\(instance)/endpoint/") == true
  }
}
