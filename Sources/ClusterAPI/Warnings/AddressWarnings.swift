import APIMachinery
import Addressing

/// Addresses and ranges that are not written as the standards say (apimachinery's `GetWarningsForIP` and `GetWarningsForCIDR`).
enum AddressWarnings {
  static func address(_ text: String, _ path: FieldPath, _ warnings: inout Warnings) {
    guard let bytes = AddressRules.bytes(text, isLenient: true) else { return }
    let standard = Self.text(bytes)
    if AddressRules.bytes(text) == nil || AddressRules.isMapped(bytes) {
      warnings.add(path, "non-standard IP address \(text.goQuoted) is invalid: use \(standard.goQuoted)")
    } else if bytes.count == 16, standard != text {
      warnings.add(
        path, "IPv6 address \(text.goQuoted) should be in RFC 5952 canonical format (\(standard.goQuoted))")
    }
  }

  static func range(_ text: String, _ path: FieldPath, _ warnings: inout Warnings) {
    guard let range = AddressRules.range(text, isLenient: true) else { return }
    let isMapped = AddressRules.isMapped(range.bytes)
    var network = range.bytes
    for bit in min(range.length, network.count * 8)..<network.count * 8 {
      network[bit / 8] &= ~(0x80 >> UInt8(bit % 8))
    }
    let length = isMapped ? max(range.length - 96, 0) : range.length
    let standard = "\(Self.text(network))/\(length)"
    var isFine = true
    if network != range.bytes {
      isFine = false
      let single = "\(Self.text(range.bytes))/\(isMapped ? 32 : range.bytes.count * 8)"
      warnings.add(
        path,
        "CIDR value \(text.goQuoted) is ambiguous in this context (should be \(standard.goQuoted) or \(single.goQuoted)?)"
      )
    }
    if AddressRules.range(text) == nil || isMapped {
      isFine = false
      warnings.add(path, "non-standard CIDR value \(text.goQuoted) is invalid: use \(standard.goQuoted)")
    }
    if isFine, range.bytes.count == 16, standard != text {
      warnings.add(
        path, "IPv6 CIDR value \(text.goQuoted) should be in RFC 5952 canonical format (\(standard.goQuoted))")
    }
  }

  /// The standard text; an address that stands for one of version 4 is written as that.
  private static func text(_ bytes: [UInt8]) -> String {
    guard bytes.count == 16, !AddressRules.isMapped(bytes) else {
      return bytes.suffix(4).map(String.init).joined(separator: ".")
    }
    return IPv6Address(rawValue: bytes.reduce(0) { $0 << 8 | UInt128($1) }).description
  }
}
