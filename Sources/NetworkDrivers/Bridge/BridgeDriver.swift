import Addressing
import NetworkModel

/// Containers on a bridge of the host: a veth pair each, the bridge's own address is their gateway.
public struct BridgeDriver: NetworkDriver {
  private let instance: String

  /// - Parameter instance: the engine's name, which every link carries.
  public init(instance: String) { self.instance = instance }

  public var name: DriverName { .bridge }
  public var capabilities: DriverCapabilities {
    DriverCapabilities(scope: .local, hasLinks: true, allowsMany: true, includesHost: true)
  }

  public func configure(_ network: inout NetworkRecord, options: [String: String]) throws(NetworkError) {
    network.bridge = try BridgeOptionReader.settings(options, network: network)
  }

  public func validate(_ network: NetworkRecord) throws(NetworkError) {
    guard let bridge = network.bridge else {
      throw NetworkError(.invalid, "network \(network.name): a bridge network needs a bridge")
    }
    let name = bridge.bridgeName
    guard LinkName.isValid(name) else {
      throw NetworkError(
        .invalid, "network \(network.name): invalid bridge name \"\(name)\": 1 to 15 bytes without blanks, / and :")
    }
    // RFC 791 wants 68 bytes of every IPv4 link, RFC 8200 wants 1280 of every IPv6 link.
    let least = network.subnet(.v6) == nil ? 68 : 1280
    guard (least...65535).contains(bridge.mtu) else {
      throw NetworkError(.invalid, "network \(network.name): invalid MTU \(bridge.mtu): \(least) to 65535")
    }
    for family in [IPFamily.v4, .v6] where network.subnets.filter({ $0.subnet.family == family }).count > 1 {
      throw NetworkError(.forbidden, "bridge driver doesn't support multiple subnets")
    }
    let modes = [IPFamily.v4, .v6].filter { network.subnet($0) != nil }.map { bridge.gatewayMode($0) }
    if modes.contains(.isolated) && !network.isInternal {
      throw NetworkError(.invalid, "gateway mode 'isolated' can only be used for an internal network")
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
        mac: Self.mac(of: network),
        hasLinkLocal: hasIPv6,
        owner: Owner.network(network.id, instance))
    ]
    for record in network.subnets where bridge.hasHostAddress(record.subnet.family) {
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
    if network.isInternal {
      plan.firewall.entries.append(.confine(bridge: name))
      return plan
    }
    for family in [IPFamily.v4, .v6] where network.subnet(family) != nil {
      let mode = bridge.gatewayMode(family)
      if bridge.masquerade && mode.translates {
        plan.firewall.entries.append(
          bridge.hostAddress(family).map { .leaveAs($0, bridge: name) } ?? .masquerade(bridge: name, family))
      }
      // Docker lets a routed container be pinged.
      if mode == .routed { plan.firewall.entries.append(.echo(bridge: name, family)) }
      if mode == .unprotectedNAT { plan.firewall.entries.append(.unprotected(bridge: name, family)) }
    }
    return plan
  }

  /// The bridge's own: from its IPv4 address, as that of its containers is from theirs. Where it has none, a container may
  /// have the address that stands in its place: locally administered then, and the same after a restart.
  private static func mac(of network: NetworkRecord) -> MACAddress? {
    if let subnet = network.subnet(.v4), subnet.hasNoGateway != true, let gateway = subnet.gateway.v4 {
      return MACAddress(derivedFrom: gateway)
    }
    let digits = Array(network.id.prefix(10))
    let pairs = stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<min($0 + 2, digits.count)]) }
    return MACAddress((["02"] + pairs).joined(separator: ":"))
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
    plan.sandbox.take(addressesOf: endpoint)
    plan.sandbox.take(settingsOf: endpoint)
    for address in endpoint.addresses where bridge.gatewayMode(address.family) == .routed {
      plan.firewall.entries += endpoint.openPorts.map { .open(bridge: bridge.bridgeName, address, $0) }
    }
    for link in bridge.trustedLinks {
      for port in Set(endpoint.ports.map(\.container)).sorted() {
        plan.firewall.entries += endpoint.addresses.map {
          .openFrom(link: link, bridge: bridge.bridgeName, $0, port)
        }
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
