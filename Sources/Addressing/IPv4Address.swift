/// An IPv4 address (RFC 791).
public struct IPv4Address: InternetAddress {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// From the four numbers of its text.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// Reads four decimal numbers with dots. As Go's net.ParseIP: no leading zeros (they once meant octal), no blanks.
  public init?(_ text: String) {
    guard let value = Self.parse(text.utf8[...]) else { return nil }
    rawValue = value
  }

  static func parse(_ text: Substring.UTF8View) -> UInt32? {
    var value: UInt32 = 0
    var field: UInt32 = 0
    var digits = 0
    var fields = 0
    for byte in text {
      switch byte {
      case 0x30...0x39:
        if digits > 0 && field == 0 { return nil }
        field = field * 10 + UInt32(byte - 0x30)
        digits += 1
        if field > 255 { return nil }
      case 0x2E:
        if digits == 0 || fields == 3 { return nil }
        value = value << 8 | field
        fields += 1
        field = 0
        digits = 0
      default: return nil
      }
    }
    guard fields == 3, digits > 0 else { return nil }
    return value << 8 | field
  }

  public var description: String {
    "\(rawValue >> 24).\(rawValue >> 16 & 255).\(rawValue >> 8 & 255).\(rawValue & 255)"
  }

  /// 0.0.0.0
  public static let any = IPv4Address(rawValue: 0)
  /// 127.0.0.1
  public static let loopback = IPv4Address(127, 0, 0, 1)
  /// 255.255.255.255
  public static let broadcast = IPv4Address(rawValue: .max)

  /// 0.0.0.0
  public var isUnspecified: Bool { rawValue == 0 }
  /// 127.0.0.0/8
  public var isLoopback: Bool { rawValue >> 24 == 127 }
  /// 224.0.0.0/4
  public var isMulticast: Bool { rawValue >> 28 == 0xE }
  /// 169.254.0.0/16
  public var isLinkLocal: Bool { rawValue >> 16 == 0xA9FE }
  /// The private ranges of RFC 1918.
  public var isPrivate: Bool { rawValue >> 24 == 10 || rawValue >> 20 == 0xAC1 || rawValue >> 16 == 0xC0A8 }
}
