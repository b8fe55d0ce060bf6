/// The transport protocols that have ports.
public enum TransportProtocol: String, Sendable, Codable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
  case tcp, udp, sctp

  /// Reads the name in any case, as docker does.
  public init?(_ text: String) {
    guard let value = Self(rawValue: text.lowercased()) else { return nil }
    self = value
  }

  /// Reads the protocol field of an IP header (IANA's protocol numbers).
  public init?(number: UInt8) {
    switch number {
    case 6: self = .tcp
    case 17: self = .udp
    case 132: self = .sctp
    default: return nil
    }
  }

  /// The protocol field of an IP header (IANA's protocol numbers).
  public var number: UInt8 {
    switch self {
    case .tcp: 6
    case .udp: 17
    case .sctp: 132
    }
  }

  public var description: String { rawValue }
  public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

/// A port of a transport protocol; 0 usually means "any".
public struct Port: RawRepresentable, Hashable, Comparable, Sendable, Codable, LosslessStringConvertible,
  ExpressibleByIntegerLiteral
{
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// From its number.
  public init(_ value: UInt16) { rawValue = value }
  /// From a number in the source.
  public init(integerLiteral value: UInt16) { rawValue = value }

  /// Reads decimal digits, 0 to 65535, no sign.
  public init?(_ text: String) {
    guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = UInt16(text)
    else { return nil }
    rawValue = value
  }

  public var description: String { String(rawValue) }
  public static func < (a: Port, b: Port) -> Bool { a.rawValue < b.rawValue }

  public init(from decoder: any Decoder) throws {
    rawValue = try decoder.singleValueContainer().decode(UInt16.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// Ports that follow one another; both ends belong to it.
public struct PortRange: Hashable, Sendable, Codable, LosslessStringConvertible, Sequence {
  /// The lowest port.
  public let first: Port
  /// The highest port.
  public let last: Port

  /// Nil when the ends are in the wrong order.
  public init?(_ first: Port, _ last: Port) {
    guard first <= last else { return nil }
    self.first = first
    self.last = last
  }

  /// One port alone.
  public init(_ port: Port) {
    first = port
    last = port
  }

  /// Reads `8000` or `8000-8010`.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = Port(String(parts[0])), let last = parts.count == 1 ? first : Port(String(parts[1])) else {
      return nil
    }
    self.init(first, last)
  }

  /// How many ports there are.
  public var count: Int { Int(last.rawValue) - Int(first.rawValue) + 1 }
  /// True when the port is one of them.
  public func contains(_ port: Port) -> Bool { first <= port && port <= last }
  /// True when the two share a port.
  public func overlaps(_ other: PortRange) -> Bool { first <= other.last && other.first <= last }
  public var description: String { first == last ? "\(first)" : "\(first)-\(last)" }

  /// The ports from the lowest to the highest.
  public func makeIterator() -> some IteratorProtocol<Port> {
    (first.rawValue...last.rawValue).lazy.map { Port($0) }.makeIterator()
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "invalid port range: \(text)")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A port of one protocol, written `80/tcp`.
public struct TransportPort: Hashable, Comparable, Sendable, Codable, LosslessStringConvertible {
  /// The number.
  public let port: Port
  /// The protocol that it belongs to.
  public let transport: TransportProtocol

  /// From its two parts.
  public init(_ port: Port, _ transport: TransportProtocol) {
    self.port = port
    self.transport = transport
  }

  /// Reads `80/tcp`, or `80`, which means TCP.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let port = Port(String(parts[0])),
      let transport = parts.count == 1 ? .tcp : TransportProtocol(String(parts[1]))
    else { return nil }
    self.init(port, transport)
  }

  public var description: String { "\(port)/\(transport)" }
  public static func < (a: TransportPort, b: TransportPort) -> Bool { (a.port, a.transport) < (b.port, b.transport) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "invalid port: \(text)")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
