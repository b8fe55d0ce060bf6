import APIMachinery

/// The forms in which addresses and ranges are taken: strictly what every program reads alike (KEP-4858), and in newer fields
/// only the one canonical form.
extension AddressRules {
  private static let anAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
  private static let aRange = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

  /// An address of a field that has taken looser forms once.
  /// - Parameter old: values that the object has already, and may keep whatever they look like.
  static func address(
    _ text: String, old: some Sequence<String> = [String](), _ path: FieldPath, _ findings: inout Findings
  ) {
    if old.contains(text) { return }
    findings.invalid(path, .string(text), problems(ofAddress: text))
  }

  static func problems(ofAddress text: String) -> [String] {
    guard let loose = bytes(text, isLenient: true) else { return [anAddress] }
    if bytes(text) == nil { return ["must not have leading 0s"] }
    return isMapped(loose) ? ["must not be an IPv4-mapped IPv6 address"] : []
  }

  /// The same, where only the canonical form will do.
  static func problems(ofCanonicalAddress text: String) -> [String] {
    let problems = problems(ofAddress: text)
    guard problems.isEmpty, let form = bytes(text).map({ Self.text($0) }), form != text else { return problems }
    return ["must be in canonical form (\(form.goQuoted))"]
  }

  /// A range of a field that has taken looser forms once.
  /// - Parameter old: values that the object has already, and may keep whatever they look like.
  static func range(
    _ text: String, old: some Sequence<String> = [String](), _ path: FieldPath, _ findings: inout Findings
  ) {
    if old.contains(text) { return }
    findings.invalid(path, .string(text), problems(ofRange: text))
  }

  private static func problems(ofRange text: String) -> [String] {
    guard let loose = range(text, isLenient: true) else { return [aRange] }
    guard let strict = range(text) else { return ["must not have leading 0s in IP or prefix length"] }
    if isMapped(loose.bytes) { return ["must not have an IPv4-mapped IPv6 address"] }
    return masked(strict) == strict.bytes ? [] : ["must not have bits set beyond the prefix length"]
  }

  /// The same, where only the canonical form will do.
  static func canonicalRange(_ text: String, _ path: FieldPath, _ findings: inout Findings) {
    let problems = problems(ofRange: text)
    findings.invalid(path, .string(text), problems)
    guard problems.isEmpty, let range = range(text) else { return }
    let form = self.text(masked(range), length: range.length)
    if form != text { findings.invalid(path, .string(text), "must be in canonical form (\(form.goQuoted))") }
  }

  /// An address with the length of its network.
  static func interfaceAddress(_ text: String, _ path: FieldPath, _ findings: inout Findings) {
    guard let range = range(text, isLenient: true) else {
      return findings.invalid(
        path, .string(text), "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")
    }
    let form = self.text(range.bytes, length: range.length)
    if form != text { findings.invalid(path, .string(text), "must be in canonical form (\(form.goQuoted))") }
  }

  // MARK: - Warnings

  /// What is said of an address that is taken, and not in the form that is best.
  static func warning(ofAddress text: String, _ path: FieldPath) -> String? {
    guard let loose = bytes(text, isLenient: true) else { return nil }
    let form = self.text(loose)
    if bytes(text) == nil || isMapped(loose) {
      return "\(path): non-standard IP address \(text.goQuoted) is invalid: use \(form.goQuoted)"
    }
    guard loose.count == 16, form != text else { return nil }
    return "\(path): IPv6 address \(text.goQuoted) should be in RFC 5952 canonical format (\(form.goQuoted))"
  }

  /// The same of a range.
  static func warnings(ofRange text: String, _ path: FieldPath) -> [String] {
    guard let loose = range(text, isLenient: true) else { return [] }
    let form = self.text(masked(loose), length: loose.length)
    var warnings: [String] = []
    if masked(loose) != loose.bytes {
      let single = self.text(loose.bytes, length: loose.bytes.count * 8)
      warnings.append(
        "\(path): CIDR value \(text.goQuoted) is ambiguous in this context (should be \(form.goQuoted) or \(single.goQuoted)?)"
      )
    }
    if range(text) == nil || isMapped(loose.bytes) {
      warnings.append("\(path): non-standard CIDR value \(text.goQuoted) is invalid: use \(form.goQuoted)")
    }
    if warnings.isEmpty, loose.bytes.count == 16, form != text {
      warnings.append(
        "\(path): IPv6 CIDR value \(text.goQuoted) should be in RFC 5952 canonical format (\(form.goQuoted))")
    }
    return warnings
  }

  // MARK: - Text

  /// Whether an address of IPv6 is one of IPv4 in its clothes (`::ffff:0:0/96`).
  private static func isMapped(_ bytes: [UInt8]) -> Bool {
    bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
  }

  private static func masked(_ range: (bytes: [UInt8], length: Int)) -> [UInt8] {
    range.bytes.enumerated().map { index, byte in
      let bits = max(0, min(8, range.length - index * 8))
      return byte & ~UInt8(truncatingIfNeeded: 0xFF >> bits)
    }
  }

  /// The canonical form of an address (RFC 5952); a mapped one is written as IPv4.
  static func text(_ bytes: [UInt8]) -> String {
    let bytes = isMapped(bytes) ? Array(bytes[12...]) : bytes
    guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
    let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
    // The longest run of zeros, of several the first, is left out; a single group is not.
    var gap = 0..<0
    var start = 0
    while start < 8 {
      let end = groups[start...].firstIndex { $0 != 0 } ?? 8
      if end - start > max(1, gap.count) { gap = start..<end }
      start = max(end, start) + 1
    }
    func joined(_ part: ArraySlice<UInt16>) -> String {
      part.map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard !gap.isEmpty else { return joined(groups[...]) }
    return joined(groups[..<gap.lowerBound]) + "::" + joined(groups[gap.upperBound...])
  }

  private static func text(_ bytes: [UInt8], length: Int) -> String {
    "\(text(bytes))/\(isMapped(bytes) ? max(0, length - 96) : length)"
  }
}
