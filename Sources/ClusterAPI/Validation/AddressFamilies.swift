import APIMachinery

/// Pairs of addresses or ranges of both families (k8s.io/utils, `net/ipfamily.go`).
enum AddressFamilies {
  /// Whether there are addresses of both families, or why none can tell: one of them is no address.
  static func areBoth(addresses: [String]) -> (areBoth: Bool, problem: String?) {
    var found: Set<Int> = []
    for (index, address) in addresses.enumerated() {
      guard let family = family(ofAddress: address) else { return (false, "invalid IP[\(index)]: \(address)") }
      found.insert(family)
    }
    return (found.count == 2, nil)
  }

  /// Whether there are ranges of both families, or why none can tell: one of them is no range.
  static func areBoth(ranges: [String]) -> (areBoth: Bool, problem: String?) {
    var found: Set<Int> = []
    for (index, range) in ranges.enumerated() {
      guard let family = family(ofRange: range) else {
        return (false, "invalid CIDR[\(index)]: <nil> (invalid CIDR address: \(range))")
      }
      found.insert(family)
    }
    return (found.count == 2, nil)
  }

  /// 4 or 6; nil for what is no address. One of version 4 that is written as one of version 6 is of version 4.
  static func family(ofAddress text: String) -> Int? {
    AddressRules.bytes(text, isLenient: true).map { family(of: $0) }
  }

  private static func family(ofRange text: String) -> Int? {
    AddressRules.range(text, isLenient: true).map { family(of: AddressRules.masked($0)) }
  }

  private static func family(of bytes: [UInt8]) -> Int { bytes.count == 4 || AddressRules.isMapped(bytes) ? 4 : 6 }
}
