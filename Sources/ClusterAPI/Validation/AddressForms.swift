import APIMachinery
import Addressing

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

  // MARK: - Text

  /// Whether an address of IPv6 is one of IPv4 in its clothes (`::ffff:0:0/96`).
  static func isMapped(_ bytes: [UInt8]) -> Bool {
    bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
  }

  /// The address of a range's network.
  static func masked(_ range: (bytes: [UInt8], length: Int)) -> [UInt8] {
    range.bytes.enumerated().map { index, byte in
      let bits = max(0, min(8, range.length - index * 8))
      return byte & ~UInt8(truncatingIfNeeded: 0xFF >> bits)
    }
  }

  /// The canonical form of an address (RFC 5952); a mapped one is written as IPv4.
  static func text(_ bytes: [UInt8]) -> String {
    let bytes = isMapped(bytes) ? Array(bytes[12...]) : bytes
    guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
    return IPv6Address(rawValue: bytes.reduce(0) { $0 << 8 | UInt128($1) }).description
  }

  /// The canonical form of a range; one of mapped addresses is written as one of IPv4.
  static func text(_ bytes: [UInt8], length: Int) -> String {
    "\(text(bytes))/\(isMapped(bytes) ? max(0, length - 96) : length)"
  }
}
