import Addressing

/// The names under which PTR records of addresses are (RFC 1035, section 3.5; RFC 3596, section 2.5).
extension DomainName {
  /// `4.3.2.1.in-addr.arpa.` for 1.2.3.4; the 32 digits under `ip6.arpa.` for IPv6.
  public init(reverse address: IPAddress) {
    var wire: [UInt8] = []
    let suffix: DomainName
    switch address {
    case .v4(let address):
      suffix = Self.inAddrArpa
      for byte in address.bytes.reversed() {
        let digits = String(byte).utf8
        wire.append(UInt8(digits.count))
        wire.append(contentsOf: digits)
      }
    case .v6(let address):
      suffix = Self.ip6Arpa
      for byte in address.bytes.reversed() { wire += [1, Self.hexDigit(byte & 15), 1, Self.hexDigit(byte >> 4)] }
    }
    self.init(checked: wire + suffix.wire)
  }

  /// The address whose PTR records are at this name; nil for names that stand for no whole address.
  public var reversedAddress: IPAddress? {
    if isInside(Self.inAddrArpa), labelCount == 6 {
      return IPv4Address(
        labels.prefix(4).reversed().map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
      ).map { .v4($0) }
    }
    guard isInside(Self.ip6Arpa), labelCount == 34 else { return nil }
    var value: UInt128 = 0
    for label in labels.prefix(32).reversed() {
      guard label.count == 1, let digit = label.first.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }) else {
        return nil
      }
      value = value << 4 | UInt128(digit)
    }
    return .v6(IPv6Address(rawValue: value))
  }

  private static let inAddrArpa = DomainName(checked: [7] + "in-addr".utf8 + [4] + "arpa".utf8 + [0])
  private static let ip6Arpa = DomainName(checked: [3] + "ip6".utf8 + [4] + "arpa".utf8 + [0])
  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }
}
