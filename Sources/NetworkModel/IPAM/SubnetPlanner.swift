import Addressing

/// Decides a network's subnets: those that were asked for, and one of the pools for each family that has none. Pure.
public enum SubnetPlanner {
  /// What the subnets must keep away from.
  public struct Surroundings: Sendable {
    /// Subnets of other networks.
    public var networks: [IPCIDR]
    /// Where the host's routes lead; of no concern for networks that the host is not on.
    public var routes: [IPCIDR]
    public var pools: [AddressPool]
    /// What a subnet that nobody asked for keeps away from besides.
    public var avoided: [IPCIDR] = []
    public init(networks: [IPCIDR], routes: [IPCIDR], pools: [AddressPool]) {
      self.networks = networks
      self.routes = routes
      self.pools = pools
    }
  }

  public static func subnets(
    _ requested: [PoolReader.Pool], hasIPv4: Bool, hasIPv6: Bool, _ surroundings: Surroundings
  ) throws(NetworkError) -> [SubnetRecord] {
    var records: [SubnetRecord] = []
    var taken = surroundings.networks + surroundings.routes
    for pool in requested where pool.subnet.family == .v4 ? hasIPv4 : hasIPv6 {
      // A default route overlaps everything and says nothing about what is in use.
      if taken.contains(where: { $0.prefixLength > 0 && $0.overlaps(pool.subnet) }) {
        throw NetworkError(
          .forbidden, "invalid pool request: Pool overlaps with other one on this address space")
      }
      taken.append(pool.subnet)
      records.append(try record(pool))
    }
    for (family, wanted) in [(IPFamily.v4, hasIPv4), (.v6, hasIPv6)]
    where wanted && !records.contains(where: { $0.subnet.family == family }) {
      let subnet = try chosen(family, surroundings.pools, avoiding: taken + surroundings.avoided)
      guard let gateway = subnet.host(1) else { throw tooSmall(subnet) }
      records.append(SubnetRecord(subnet: subnet, gateway: gateway))
    }
    return records
  }

  private static func record(_ pool: PoolReader.Pool) throws(NetworkError) -> SubnetRecord {
    let gateway: IPAddress
    if let wanted = pool.gateway {
      if let (name, address) = pool.auxiliary.first(where: { $0.value == wanted }) {
        throw NetworkError(
          .exhausted, "failed to allocate secondary ip address (\(name):\(address)): Address already in use")
      }
      gateway = wanted
    } else {
      let taken = Set(pool.auxiliary.values)
      // A range begins with an address that may be given out, a subnet with its own.
      let start = pool.range ?? pool.subnet
      let candidates = (UInt128(0)...min(start.lastOffset, UInt128(taken.count) + 2)).lazy.compactMap { start.host($0) }
      guard
        let free = candidates.first(where: {
          ($0 != pool.subnet.address || pool.subnet.lastOffset <= 1) && $0 != start.address && !taken.contains($0)
        }) ?? candidates.first(where: { $0 != pool.subnet.address && !taken.contains($0) })
      else { throw tooSmall(pool.subnet) }
      gateway = free
    }
    return SubnetRecord(
      subnet: pool.subnet, range: pool.range, gateway: gateway, auxiliary: pool.auxiliary, isChosen: true,
      hasChosenGateway: pool.gateway != nil)
  }

  private static func tooSmall(_ subnet: IPCIDR) -> NetworkError {
    NetworkError(
      .exhausted, "no available \(subnet.family.rawValue) addresses on this network's address pools: \(subnet)")
  }

  /// From the pools of the family; for IPv6, where none is configured, from a random unique local prefix (RFC 4193).
  public static func chosen(
    _ family: IPFamily, _ pools: [AddressPool], avoiding taken: [IPCIDR]
  ) throws(NetworkError) -> IPCIDR {
    var pools = pools.filter { $0.base.family == family }
    if family == .v6, pools.isEmpty, let random = UniqueLocal.pool() { pools = [random] }
    return try SubnetChooser.choose(family, from: pools, avoiding: taken)
  }
}

/// Unique local IPv6 unicast addresses (RFC 4193).
public enum UniqueLocal {
  /// A random /48 to cut /64 subnets from; nil never happens, but the compiler cannot know.
  public static func pool() -> AddressPool? {
    let global = UInt128(UInt64.random(in: 0..<(1 << 40)))
    let prefix = UInt128(0xFD) << 120 | global << 80
    return IPCIDR(.v6(IPv6Address(rawValue: prefix)), prefixLength: 48).flatMap { AddressPool(base: $0, size: 64) }
  }
}
