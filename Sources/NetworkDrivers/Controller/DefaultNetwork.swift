import Addressing
import Linux
import NetworkModel

/// The network that containers join when they name none.
enum DefaultNetwork {
  /// Its record by the configuration. Keeps the id, and a subnet that nothing overlaps now.
  static func make(
    _ configuration: NetworkConfiguration, old: NetworkRecord?, avoiding taken: [IPCIDR]
  ) throws(NetworkError) -> NetworkRecord {
    var subnets = [try subnet4(configuration, old?.subnet(.v4), taken)]
    if configuration.ipv6 { subnets.append(try subnet6(configuration, old?.subnet(.v6), taken)) }
    return NetworkRecord(
      id: old?.id ?? ObjectID.random(), name: "bridge", driver: .bridge, created: old?.created ?? Clock.realtime,
      subnets: subnets,
      bridge: BridgeSettings(
        bridgeName: configuration.bridgeName, mtu: configuration.mtu, interContainer: configuration.interContainer,
        masquerade: configuration.masquerade, hostBinding: configuration.defaultBindAddress))
  }

  private static func subnet4(
    _ configuration: NetworkConfiguration, _ old: SubnetRecord?, _ taken: [IPCIDR]
  ) throws(NetworkError) -> SubnetRecord {
    let range = configuration.fixedCIDR.map { IPCIDR.v4($0.network) }
    if let address = configuration.bridgeAddress {
      guard !address.isNetwork, address.prefixLength <= 30 else {
        throw NetworkError(
          .invalid, "--bip \(address): name the bridge's own address with its subnet, such as 172.17.0.1/16")
      }
      try refuseOverlap(.v4(address.network), taken, "--bip")
      return SubnetRecord(
        subnet: .v4(address.network), range: range, gateway: .v4(address.address), isChosen: true)
    }
    if let old, !old.isChosen, !taken.contains(where: { $0.overlaps(old.subnet) }),
      range.map({ old.subnet.contains($0.address) }) ?? true
    {
      return SubnetRecord(subnet: old.subnet, range: range, gateway: old.gateway)
    }
    let subnet: IPCIDR
    if let range {
      // Docker takes the range as the subnet when no address of the bridge tells more.
      try refuseOverlap(range, taken, "--fixed-cidr")
      subnet = range
    } else {
      subnet = try SubnetChooser.choose(.v4, from: configuration.pools, avoiding: taken)
    }
    guard let gateway = subnet.host(1) else {
      throw NetworkError(.invalid, "subnet \(subnet) is too small for a bridge")
    }
    return SubnetRecord(subnet: subnet, range: range, gateway: gateway)
  }

  private static func subnet6(
    _ configuration: NetworkConfiguration, _ old: SubnetRecord?, _ taken: [IPCIDR]
  ) throws(NetworkError) -> SubnetRecord {
    let range = configuration.fixedCIDR6.map { IPCIDR.v6($0.network) }
    if let address = configuration.bridgeAddress6 {
      try refuseOverlap(.v6(address.network), taken, "--bip6")
      return SubnetRecord(
        subnet: .v6(address.network), range: range, gateway: .v6(address.address), isChosen: true)
    }
    if let range {
      try refuseOverlap(range, taken, "--fixed-cidr-v6")
      guard let gateway = range.host(1) else {
        throw NetworkError(.invalid, "--fixed-cidr-v6 \(range) is too small for a bridge")
      }
      return SubnetRecord(subnet: range, gateway: gateway, isChosen: true)
    }
    if let old, !old.isChosen, !taken.contains(where: { $0.overlaps(old.subnet) }) { return old }
    let subnet = try SubnetPlanner.chosen(.v6, configuration.pools, avoiding: taken)
    guard let gateway = subnet.host(1) else {
      throw NetworkError(.invalid, "subnet \(subnet) is too small for a bridge")
    }
    return SubnetRecord(subnet: subnet, gateway: gateway)
  }

  private static func refuseOverlap(
    _ subnet: IPCIDR, _ taken: [IPCIDR], _ flag: String
  ) throws(NetworkError) {
    if let other = taken.first(where: { $0.prefixLength > 0 && $0.overlaps(subnet) }) {
      throw NetworkError(
        .conflict,
        "\(flag): \(subnet) overlaps \(other), which this host already reaches another way: choose another subnet")
    }
  }
}
