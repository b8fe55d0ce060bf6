/// Which of the two Internet protocols.
public enum IPFamily: String, Sendable, Codable, Hashable, CaseIterable {
  case v4 = "IPv4"
  case v6 = "IPv6"
}

/// An address of either family.
public enum IPAddress: Hashable, Comparable, Sendable, Codable, LosslessStringConvertible {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// Reads either form; refuses what Go's net.ParseIP refuses. `::ffff:1.2.3.4` stays an IPv6 address: see `unmapped`.
  public init?(_ text: String) {
    if let address = IPv4Address(text) {
      self = .v4(address)
    } else if let address = IPv6Address(text) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// From four or sixteen bytes in the order in which they are sent.
  public init?(bytes: some Collection<UInt8>) {
    if let address = IPv4Address(bytes: bytes) {
      self = .v4(address)
    } else if let address = IPv6Address(bytes: bytes) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// Which of the two it is.
  public var family: IPFamily {
    switch self {
    case .v4: .v4
    case .v6: .v6
    }
  }

  /// Itself where it is IPv4.
  public var v4: IPv4Address? { if case .v4(let address) = self { address } else { nil } }
  /// Itself where it is IPv6.
  public var v6: IPv6Address? { if case .v6(let address) = self { address } else { nil } }

  /// The bytes in the order in which they are sent: four or sixteen.
  public var bytes: [UInt8] {
    switch self {
    case .v4(let address): address.bytes
    case .v6(let address): address.bytes
    }
  }

  /// The IPv4 address where this is one written as IPv6 (`::ffff:a.b.c.d`), else itself.
  public var unmapped: IPAddress {
    if case .v6(let address) = self, let mapped = address.ipv4Mapped { return .v4(mapped) }
    return self
  }

  /// 0.0.0.0 or ::
  public var isUnspecified: Bool {
    switch self {
    case .v4(let address): address.isUnspecified
    case .v6(let address): address.isUnspecified
    }
  }

  /// 127.0.0.0/8 or ::1
  public var isLoopback: Bool {
    switch self {
    case .v4(let address): address.isLoopback
    case .v6(let address): address.isLoopback
    }
  }

  /// 224.0.0.0/4 or ff00::/8
  public var isMulticast: Bool {
    switch self {
    case .v4(let address): address.isMulticast
    case .v6(let address): address.isMulticast
    }
  }

  /// 169.254.0.0/16 or fe80::/10
  public var isLinkLocal: Bool {
    switch self {
    case .v4(let address): address.isLinkLocal
    case .v6(let address): address.isLinkLocal
    }
  }

  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }

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
