/// Addresses as text.
enum AddressText {
  /// True for what has the shape of an IPv4 or IPv6 address; the engine reads it for good.
  static func isAddress(_ text: String) -> Bool {
    let octets = text.split(separator: ".", omittingEmptySubsequences: false)
    if octets.count == 4, octets.allSatisfy({ UInt8($0) != nil }) { return true }
    let groups = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (3...9).contains(groups.count) else { return false }
    return groups.enumerated().allSatisfy { index, group in
      group.isEmpty || UInt16(group, radix: 16) != nil
        || (index == groups.count - 1 && group.split(separator: ".").allSatisfy { UInt8($0) != nil })
    }
  }
}
