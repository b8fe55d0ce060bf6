import APIMachinery

/// Addresses and ranges of addresses (RFC 4291, RFC 4632), as the API takes them.
enum AddressRules {
  /// The four or sixteen bytes of an address; nil for what is none.
  ///
  /// - Parameter isLenient: numbers may have zeros before them, as they formerly might.
  static func bytes(_ text: some StringProtocol, isLenient: Bool = false) -> [UInt8]? {
    text.contains(":") ? sixteen(text, isLenient) : four(text, isLenient)
  }

  static func isIPv6(_ text: some StringProtocol) -> Bool { text.contains(":") }

  /// An address of a field that took more forms formerly: which of them are wrong is said one by one.
  ///
  /// - Parameter old: addresses that the object has already, and may keep whatever they look like.
  static func address(_ text: String, old: [String] = [], _ path: FieldPath, _ findings: inout Findings) {
    if old.contains(text) { return }
    guard let lenient = bytes(text, isLenient: true) else {
      return findings.invalid(path, .string(text), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
    }
    if bytes(text) == nil {
      findings.invalid(path, .string(text), "must not have leading 0s")
    } else if isMapped(lenient) {
      findings.invalid(path, .string(text), "must not be an IPv4-mapped IPv6 address")
    }
  }

  /// Whether an IPv6 address stands for an IPv4 address (RFC 4291, 2.5.5.2).
  static func isMapped(_ bytes: [UInt8]) -> Bool {
    bytes.count == 16 && bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
  }

  /// The address and the length of a range; nil for what is none.
  ///
  /// - Parameter isLenient: numbers may have zeros before them, as they formerly might.
  static func range(_ text: String, isLenient: Bool = false) -> (bytes: [UInt8], length: Int)? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let bytes = bytes(parts[0], isLenient: isLenient),
      parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]),
      isLenient || parts[1] == "0" || !parts[1].hasPrefix("0"), (0...bytes.count * 8).contains(length)
    else { return nil }
    return (bytes, length)
  }

  /// A range of a field that took more forms formerly: which of them are wrong is said.
  ///
  /// - Parameter old: ranges that the object has already, and may keep whatever they look like.
  static func range(_ text: String, old: [String] = [], _ path: FieldPath, _ findings: inout Findings) {
    if old.contains(text) { return }
    guard range(text, isLenient: true) != nil else {
      return findings.invalid(
        path, .string(text), "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
    }
    guard let range = range(text) else {
      return findings.invalid(path, .string(text), "must not have leading 0s in IP or prefix length")
    }
    if isMapped(range.bytes) {
      findings.invalid(path, .string(text), "must not have an IPv4-mapped IPv6 address")
    } else if hasBits(range.bytes, beyond: range.length) {
      findings.invalid(path, .string(text), "must not have bits set beyond the prefix length")
    }
  }

  private static func hasBits(_ bytes: [UInt8], beyond length: Int) -> Bool {
    (length..<max(length, bytes.count * 8)).contains { bytes[$0 / 8] & (0x80 >> UInt8($0 % 8)) != 0 }
  }

  /// Whether all of a range is in another one, and is smaller.
  static func isStrictlyWithin(_ inner: String, _ outer: String) -> Bool {
    guard let inner = range(inner), let outer = range(outer), inner.bytes.count == outer.bytes.count,
      inner.length > outer.length
    else { return false }
    for bit in 0..<outer.length {
      let mask = UInt8(0x80) >> UInt8(bit % 8)
      if inner.bytes[bit / 8] & mask != outer.bytes[bit / 8] & mask { return false }
    }
    return true
  }

  /// An address that endpoints may not have.
  ///
  /// - Parameter text: the address as it was written.
  static func endpointProblem(_ bytes: [UInt8], _ text: String) -> String? {
    if bytes.allSatisfy({ $0 == 0 }) { return "may not be unspecified (\(text))" }
    if bytes.count == 4 {
      if bytes[0] == 127 { return "may not be in the loopback range (127.0.0.0/8, ::1/128)" }
      if bytes[0] == 169, bytes[1] == 254 { return "may not be in the link-local range (169.254.0.0/16, fe80::/10)" }
      if bytes[0] == 224, bytes[1] == 0, bytes[2] == 0 {
        return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
      }
      return nil
    }
    if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes[15] == 1 {
      return "may not be in the loopback range (127.0.0.0/8, ::1/128)"
    }
    if bytes[0] == 0xFE, bytes[1] & 0xC0 == 0x80 {
      return "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
    }
    if bytes[0] == 0xFF, bytes[1] == 0x02 {
      return "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    }
    return nil
  }

  private static func four(_ text: some StringProtocol, _ isLenient: Bool) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var result: [UInt8] = []
    for part in parts {
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), isLenient || part == "0" || !part.hasPrefix("0"),
        let byte = UInt8(part)
      else { return nil }
      result.append(byte)
    }
    return result
  }

  private static func sixteen(_ text: some StringProtocol, _ isLenient: Bool) -> [UInt8]? {
    var groups: [UInt8] = []
    var gap: Int?
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)[...]
    guard parts.count <= 9 else { return nil }
    if parts.first == "" {
      guard parts.count >= 3, parts[parts.startIndex + 1] == "" else { return nil }
      parts.removeFirst()
    }
    if parts.last == "" {
      guard parts.count >= 2, parts[parts.endIndex - 2] == "" else { return nil }
      parts.removeLast()
    }
    for (index, part) in parts.enumerated() {
      if part.isEmpty {
        guard gap == nil else { return nil }
        gap = groups.count
      } else if part.contains(".") {
        guard index == parts.count - 1, let last = four(part, isLenient) else { return nil }
        groups += last
      } else {
        guard isLenient || part.utf8.count <= 4, part.allSatisfy(\.isHexDigit), let group = UInt16(part, radix: 16)
        else {
          return nil
        }
        groups += [UInt8(group >> 8), UInt8(group & 0xFF)]
      }
    }
    guard let gap else { return groups.count == 16 ? groups : nil }
    guard groups.count < 16 else { return nil }
    groups.insert(contentsOf: repeatElement(0, count: 16 - groups.count), at: gap)
    return groups
  }
}
