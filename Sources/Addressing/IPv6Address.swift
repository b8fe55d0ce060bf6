/// An IPv6 address without a zone (RFC 4291), written as RFC 5952 says.
public struct IPv6Address: InternetAddress {
  public let rawValue: UInt128
  public init(rawValue: UInt128) { self.rawValue = rawValue }

  /// Reads the forms of RFC 4291, section 2.2. As Go's net.ParseIP: at most four digits a group, `::` at most once and for
  /// at least one group, an IPv4 tail allowed, no zone.
  public init?(_ text: String) {
    guard let value = Self.parse(text) else { return nil }
    rawValue = value
  }

  private static func parse(_ text: String) -> UInt128? {
    var rest = text.utf8[...]
    var groups: [UInt16] = []
    var ellipsis: Int?
    if rest.starts(with: [0x3A, 0x3A]) {
      ellipsis = 0
      rest = rest.dropFirst(2)
      if rest.isEmpty { return 0 }
    }
    while groups.count < 8 {
      var value: UInt32 = 0
      var digits = 0
      var end = rest.startIndex
      while end < rest.endIndex, let digit = hexDigit(rest[end]) {
        value = value << 4 | UInt32(digit)
        digits += 1
        if digits > 4 { return nil }
        end = rest.index(after: end)
      }
      if digits == 0 { return nil }
      if end < rest.endIndex, rest[end] == 0x2E {
        // An IPv4 tail stands for the last two groups.
        guard groups.count <= 6, ellipsis != nil || groups.count == 6,
          let tail = IPv4Address.parse(Substring(rest).utf8)
        else { return nil }
        groups += [UInt16(tail >> 16), UInt16(truncatingIfNeeded: tail)]
        rest = rest[rest.endIndex...]
        break
      }
      groups.append(UInt16(value))
      rest = rest[end...]
      if rest.isEmpty { break }
      guard rest.first == 0x3A, rest.count > 1 else { return nil }
      rest = rest.dropFirst()
      if rest.first == 0x3A {
        if ellipsis != nil { return nil }
        ellipsis = groups.count
        rest = rest.dropFirst()
        if rest.isEmpty { break }
      }
    }
    guard rest.isEmpty else { return nil }
    if let ellipsis {
      guard groups.count < 8 else { return nil }
      groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: ellipsis)
    }
    guard groups.count == 8 else { return nil }
    return groups.reduce(0) { $0 << 16 | UInt128($1) }
  }

  /// The eight 16-bit groups, first one first.
  public var groups: [UInt16] { (0..<8).map { UInt16(truncatingIfNeeded: rawValue >> UInt128(112 - 16 * $0)) } }

  public var description: String {
    if let mapped = ipv4Mapped { return "::ffff:\(mapped)" }
    let groups = groups
    // The first of the longest runs of two or more zero groups becomes "::".
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8 && groups[end] == 0 { end += 1 }
      if end - start > max(best.count, 1) { best = start..<end }
      start = end + 1
    }
    var text = ""
    var index = 0
    while index < 8 {
      if index == best.lowerBound && !best.isEmpty {
        text += "::"
        index = best.upperBound
        continue
      }
      if index > 0 && index != best.upperBound { text += ":" }
      if index == best.upperBound && best.isEmpty && index > 0 { text += ":" }
      text += String(groups[index], radix: 16)
      index += 1
    }
    return text
  }

  /// `::`
  public static let any = IPv6Address(rawValue: 0)
  /// `::1`
  public static let loopback = IPv6Address(rawValue: 1)

  /// `::`
  public var isUnspecified: Bool { rawValue == 0 }
  /// `::1`
  public var isLoopback: Bool { rawValue == 1 }
  /// ff00::/8
  public var isMulticast: Bool { rawValue >> 120 == 0xFF }
  /// fe80::/10
  public var isLinkLocal: Bool { rawValue >> 118 == 0x3FA }
  /// Unique local addresses, fc00::/7 (RFC 4193).
  public var isUniqueLocal: Bool { rawValue >> 121 == 0x7E }
  /// The IPv4 address inside `::ffff:a.b.c.d`.
  public var ipv4Mapped: IPv4Address? {
    rawValue >> 32 == 0xFFFF ? IPv4Address(rawValue: UInt32(truncatingIfNeeded: rawValue)) : nil
  }

  /// The link-local address that the kernel derives from a hardware address (RFC 4291, appendix A).
  public static func linkLocal(from mac: MACAddress) -> IPv6Address {
    let m = mac.bytes
    let id: [UInt8] = [m[0] ^ 2, m[1], m[2], 0xFF, 0xFE, m[3], m[4], m[5]]
    return IPv6Address(rawValue: id.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } | UInt128(0xFE80) << 112)
  }
}

/// The value of a hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
