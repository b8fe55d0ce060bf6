/// A 48-bit hardware address (IEEE 802).
public struct MACAddress: Hashable, Comparable, Sendable, Codable, LosslessStringConvertible {
  /// The address as a number of 48 bits; its most significant byte is sent first.
  public let rawValue: UInt64

  /// The upper 16 bits are ignored.
  public init(rawValue: UInt64) { self.rawValue = rawValue & 0xFFFF_FFFF_FFFF }

  /// From six bytes in the order in which they are sent.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 6 else { return nil }
    rawValue = bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Reads `02:42:ac:11:00:02`, `02-42-ac-11-00-02` or `0242.ac11.0002`, as Go's net.ParseMAC.
  public init?(_ text: String) {
    let utf8 = Array(text.utf8)
    let group: Int
    let separator: UInt8
    switch utf8.count {
    case 17: (group, separator) = (2, utf8[2])
    case 14: (group, separator) = (4, utf8[4])
    default: return nil
    }
    guard group == 4 ? separator == 0x2E : (separator == 0x3A || separator == 0x2D) else { return nil }
    var value: UInt64 = 0
    for (index, byte) in utf8.enumerated() {
      if index % (group + 1) == group {
        if byte != separator { return nil }
      } else if let digit = hexDigit(byte) {
        value = value << 4 | UInt64(digit)
      } else {
        return nil
      }
    }
    rawValue = value
  }

  /// The address that docker gives an endpoint: 02:42 and the four bytes of its IPv4 address. Unique on a network because
  /// the IPv4 address is, and stable, so that neighbours' caches stay right when a container restarts.
  public init(derivedFrom address: IPv4Address) { rawValue = 0x0242_0000_0000 | UInt64(address.rawValue) }

  /// A random address of one station, locally administered.
  public static func random(using generator: inout some RandomNumberGenerator) -> MACAddress {
    let bits = UInt64.random(in: .min ... .max, using: &generator)
    return MACAddress(rawValue: bits & 0xFCFF_FFFF_FFFF | 0x0200_0000_0000)
  }

  /// A random address of one station, locally administered.
  public static func random() -> MACAddress {
    var generator = SystemRandomNumberGenerator()
    return random(using: &generator)
  }

  /// Six bytes in the order in which they are sent.
  public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: rawValue >> UInt64(40 - 8 * $0)) } }

  /// Meant for a group of stations.
  public var isMulticast: Bool { rawValue >> 40 & 1 == 1 }
  /// 00:00:00:00:00:00, which no station has.
  public var isZero: Bool { rawValue == 0 }

  public var description: String {
    var text = ""
    for (index, byte) in bytes.enumerated() {
      if index > 0 { text += ":" }
      if byte < 16 { text += "0" }
      text += String(byte, radix: 16)
    }
    return text
  }

  public static func < (a: MACAddress, b: MACAddress) -> Bool { a.rawValue < b.rawValue }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "invalid MAC address: \(text)")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
