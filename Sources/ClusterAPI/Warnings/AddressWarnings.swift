import APIMachinery

/// Addresses and ranges that are not written as the standards say (apimachinery's `GetWarningsForIP` and `GetWarningsForCIDR`).
enum AddressWarnings {
  static func address(_ text: String, _ path: FieldPath, _ warnings: inout Warnings) {
    guard let bytes = AddressRules.bytes(text, isLenient: true) else { return }
    let standard = AddressRules.text(bytes)
    if AddressRules.bytes(text) == nil || AddressRules.isMapped(bytes) {
      warnings.add(path, "non-standard IP address \(text.goQuoted) is invalid: use \(standard.goQuoted)")
    } else if bytes.count == 16, standard != text {
      warnings.add(
        path, "IPv6 address \(text.goQuoted) should be in RFC 5952 canonical format (\(standard.goQuoted))")
    }
  }

  static func range(_ text: String, _ path: FieldPath, _ warnings: inout Warnings) {
    guard let range = AddressRules.range(text, isLenient: true) else { return }
    let network = AddressRules.masked(range)
    let standard = AddressRules.text(network, length: range.length)
    var isFine = true
    if network != range.bytes {
      isFine = false
      let single = AddressRules.text(range.bytes, length: range.bytes.count * 8)
      warnings.add(
        path,
        "CIDR value \(text.goQuoted) is ambiguous in this context (should be \(standard.goQuoted) or \(single.goQuoted)?)"
      )
    }
    if AddressRules.range(text) == nil || AddressRules.isMapped(range.bytes) {
      isFine = false
      warnings.add(path, "non-standard CIDR value \(text.goQuoted) is invalid: use \(standard.goQuoted)")
    }
    if isFine, range.bytes.count == 16, standard != text {
      warnings.add(
        path, "IPv6 CIDR value \(text.goQuoted) should be in RFC 5952 canonical format (\(standard.goQuoted))")
    }
  }
}
