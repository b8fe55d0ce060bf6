/// What IPv4 and IPv6 addresses have in common: a number of fixed width, read from and written as text.
public protocol InternetAddress:
  Hashable, Comparable, Sendable, Codable, LosslessStringConvertible
where RawValue: FixedWidthInteger & UnsignedInteger & Sendable {
  associatedtype RawValue
  /// The address as a number; its most significant byte is sent first.
  var rawValue: RawValue { get }
  init(rawValue: RawValue)
}

extension InternetAddress {
  /// Width in bits: 32 or 128.
  public static var bitWidth: Int { RawValue.bitWidth }

  /// The bytes in the order in which they are sent.
  public var bytes: [UInt8] {
    (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: rawValue >> RawValue(Self.bitWidth - 8 - 8 * $0)) }
  }

  /// An address from its bytes in the order in which they are sent; nil when their number is wrong.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.bitWidth / 8 else { return nil }
    self.init(rawValue: bytes.reduce(RawValue(0)) { ($0 << 8) | RawValue($1) })
  }

  /// The address `distance` further; nil beyond the end of the address space.
  public func advanced(by distance: RawValue) -> Self? {
    let (value, overflow) = rawValue.addingReportingOverflow(distance)
    return overflow ? nil : Self(rawValue: value)
  }

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "invalid address: \(text)")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
