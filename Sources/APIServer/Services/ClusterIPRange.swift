import Addressing

/// A range that cluster IPs come from. Those that nobody asks for by name come from its upper part as long as there are
/// any, so that those who choose one in the lower part seldom find it taken (Kubernetes, "Service ClusterIP allocation").
struct ClusterIPRange: Sendable {
  let cidr: IPCIDR
  /// Offsets of the addresses that can be given out: the network's own is none of them, nor is IPv4's broadcast address.
  private let offsets: ClosedRange<UInt128>
  /// Where the upper part begins.
  private let upper: UInt128

  /// Nil for a range that has no address to give, and for one of IPv6 that is larger than /64, which kube-apiserver gives
  /// nothing from either.
  init?(_ cidr: IPCIDR) {
    let reserved: UInt128 = cidr.family == .v4 ? 1 : 0
    guard cidr.lastOffset > reserved, cidr.family == .v4 || cidr.prefixLength >= 64 else { return nil }
    self.cidr = cidr
    offsets = 1...(cidr.lastOffset - reserved)
    let size = cidr.lastOffset + 1
    upper = 1 + (size <= 16 ? 0 : min(max(16, size / 16), 256))
  }

  func contains(_ address: IPAddress) -> Bool { cidr.offset(of: address).map(offsets.contains) ?? false }

  /// An address that is free: a random one of the upper part, or else of the lower one.
  func pick(using generator: inout some RandomNumberGenerator, isFree: (IPAddress) -> Bool) -> IPAddress? {
    if upper <= offsets.upperBound, let found = pick(upper...offsets.upperBound, &generator, isFree) { return found }
    guard upper > offsets.lowerBound else { return nil }
    return pick(offsets.lowerBound...min(upper - 1, offsets.upperBound), &generator, isFree)
  }

  private func pick(
    _ part: ClosedRange<UInt128>, _ generator: inout some RandomNumberGenerator, _ isFree: (IPAddress) -> Bool
  ) -> IPAddress? {
    let start = UInt128.random(in: part, using: &generator)
    var offset = start
    repeat {
      if let address = cidr.host(offset), isFree(address) { return address }
      offset = offset == part.upperBound ? part.lowerBound : offset + 1
    } while offset != start
    return nil
  }
}
