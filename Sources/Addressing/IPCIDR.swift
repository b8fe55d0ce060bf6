/// An address with prefix length of either family.
public enum IPCIDR: Hashable, Sendable, Codable, LosslessStringConvertible {
  case v4(IPv4CIDR)
  case v6(IPv6CIDR)

  /// Reads `address/length`; refuses what Go's net.ParseCIDR refuses.
  public init?(_ text: String) {
    if let cidr = IPv4CIDR(text) {
      self = .v4(cidr)
    } else if let cidr = IPv6CIDR(text) {
      self = .v6(cidr)
    } else {
      return nil
    }
  }

  /// Nil when the prefix is longer than the address.
  public init?(_ address: IPAddress, prefixLength: Int) {
    switch address {
    case .v4(let address):
      guard let cidr = IPv4CIDR(address, prefixLength: prefixLength) else { return nil }
      self = .v4(cidr)
    case .v6(let address):
      guard let cidr = IPv6CIDR(address, prefixLength: prefixLength) else { return nil }
      self = .v6(cidr)
    }
  }

  /// One address alone: /32 or /128.
  public init(host address: IPAddress) {
    switch address {
    case .v4(let address): self = .v4(IPv4CIDR(host: address))
    case .v6(let address): self = .v6(IPv6CIDR(host: address))
    }
  }

  /// An address of the link alone: 169.254.0.0/16 and fe80::/64 (RFC 3927, RFC 4291) where it is of those, else by
  /// itself.
  public init(linkLocal address: IPAddress) {
    switch address {
    case .v4(let v4):
      self =
        address.isLinkLocal
        ? IPv4CIDR(v4, prefixLength: 16).map { .v4($0) } ?? .v4(.init(host: v4)) : .v4(.init(host: v4))
    case .v6(let v6):
      self =
        address.isLinkLocal
        ? IPv6CIDR(v6, prefixLength: 64).map { .v6($0) } ?? .v6(.init(host: v6)) : .v6(.init(host: v6))
    }
  }

  /// Which of the two it is.
  public var family: IPFamily { address.family }
  /// With its host bits, as given.
  public var address: IPAddress {
    switch self {
    case .v4(let cidr): .v4(cidr.address)
    case .v6(let cidr): .v6(cidr.address)
    }
  }
  /// 0 to 32 or 128.
  public var prefixLength: Int {
    switch self {
    case .v4(let cidr): cidr.prefixLength
    case .v6(let cidr): cidr.prefixLength
    }
  }
  /// The same network with no host bits set.
  public var network: IPCIDR {
    switch self {
    case .v4(let cidr): .v4(cidr.network)
    case .v6(let cidr): .v6(cidr.network)
    }
  }
  /// Itself where it is IPv4.
  public var v4: IPv4CIDR? { if case .v4(let cidr) = self { cidr } else { nil } }
  /// Itself where it is IPv6.
  public var v6: IPv6CIDR? { if case .v6(let cidr) = self { cidr } else { nil } }

  /// False for an address of the other family.
  public func contains(_ address: IPAddress) -> Bool {
    switch (self, address) {
    case (.v4(let cidr), .v4(let address)): cidr.contains(address)
    case (.v6(let cidr), .v6(let address)): cidr.contains(address)
    default: false
    }
  }

  /// False for a network of the other family.
  public func overlaps(_ other: IPCIDR) -> Bool {
    switch (self, other) {
    case (.v4(let a), .v4(let b)): a.overlaps(b)
    case (.v6(let a), .v6(let b)): a.overlaps(b)
    default: false
    }
  }

  /// The address at a distance from the first one; nil outside.
  public func host(_ offset: UInt128) -> IPAddress? {
    switch self {
    case .v4(let cidr): UInt32(exactly: offset).flatMap { cidr.host($0) }.map { .v4($0) }
    case .v6(let cidr): cidr.host(offset).map { .v6($0) }
    }
  }

  /// The distance of an address from the first one; nil outside.
  public func offset(of address: IPAddress) -> UInt128? {
    switch (self, address) {
    case (.v4(let cidr), .v4(let address)): cidr.offset(of: address).map { UInt128($0) }
    case (.v6(let cidr), .v6(let address)): cidr.offset(of: address)
    default: nil
    }
  }

  /// How many addresses there are, less one.
  public var lastOffset: UInt128 {
    switch self {
    case .v4(let cidr): UInt128(cidr.lastOffset)
    case .v6(let cidr): cidr.lastOffset
    }
  }

  public var description: String { "\(address)/\(prefixLength)" }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "invalid CIDR address: \(text)")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
