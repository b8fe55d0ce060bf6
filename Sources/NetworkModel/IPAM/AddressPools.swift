import Addressing

/// A block from which subnets of one size are cut (`--default-address-pool base=…,size=…`).
public struct AddressPool: Sendable, Hashable, Codable {
  public let base: IPCIDR
  /// Prefix length of the subnets.
  public let size: Int

  /// Nil when the subnets would be larger than the block or longer than an address.
  public init?(base: IPCIDR, size: Int) {
    let width = base.family == .v4 ? 32 : 128
    guard size >= base.prefixLength, size <= width else { return nil }
    self.base = base.network
    self.size = size
  }

  /// Where docker cuts its subnets from when nothing else is configured, in its order.
  public static let defaults: [AddressPool] = [
    ("172.17.0.0/16", 16), ("172.18.0.0/16", 16), ("172.19.0.0/16", 16), ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16), ("172.28.0.0/14", 16), ("192.168.0.0/16", 20),
  ].compactMap { text, size in IPCIDR(text).flatMap { AddressPool(base: $0, size: size) } }
}

/// Chooses subnets.
public enum SubnetChooser {
  /// The first subnet of the pools that overlaps nothing of `taken` (subnets of other networks, routes of the host).
  public static func choose(
    _ family: IPFamily, from pools: [AddressPool], avoiding taken: [IPCIDR]
  ) throws(NetworkError) -> IPCIDR {
    for pool in pools where pool.base.family == family {
      switch pool.base {
      case .v4(let base):
        if let found = first(base, pool.size, avoiding: taken.compactMap(\.v4)) { return .v4(found) }
      case .v6(let base):
        if let found = first(base, pool.size, avoiding: taken.compactMap(\.v6)) { return .v6(found) }
      }
    }
    throw NetworkError(
      .exhausted,
      "all predefined address pools have been fully subnetted: every subnet overlaps a network or a route of this host; "
        + "name a free one with --bip or --default-address-pool")
  }

  /// A whole run of subnets under one taken block is skipped at once, so that a large pool costs no more than its gaps.
  private static func first<A>(_ base: CIDR<A>, _ size: Int, avoiding taken: [CIDR<A>]) -> CIDR<A>? {
    // A default route overlaps everything and says nothing about what is in use.
    let blocks = taken.filter { $0.prefixLength > 0 && $0.overlaps(base) }
    var candidate = CIDR(base.first, prefixLength: size)
    while let subnet = candidate, base.contains(subnet) {
      guard let block = blocks.first(where: { $0.overlaps(subnet) }) else { return subnet }
      let end = Swift.max(block.last, subnet.last)
      candidate = end.advanced(by: 1).flatMap { CIDR($0, prefixLength: size) }?.network
    }
    return nil
  }
}
