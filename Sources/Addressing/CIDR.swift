/// An address with the length of its network prefix (RFC 4632): an interface address such as 172.17.0.1/16, or, with no
/// host bits set, a network such as 172.17.0.0/16.
public struct CIDR<Address: InternetAddress>: Hashable, Sendable, Codable, LosslessStringConvertible {
  /// With its host bits, as given.
  public let address: Address
  /// 0 to 32 or 128.
  public let prefixLength: Int

  /// Nil when the prefix is longer than the address.
  public init?(_ address: Address, prefixLength: Int) {
    guard (0...Address.bitWidth).contains(prefixLength) else { return nil }
    self.init(unchecked: address, prefixLength)
  }

  init(unchecked address: Address, _ prefixLength: Int) {
    self.address = address
    self.prefixLength = prefixLength
  }

  /// One address alone: /32 or /128.
  public init(host address: Address) { self.init(unchecked: address, Address.bitWidth) }

  /// Reads `address/length`; refuses what Go's net.ParseCIDR refuses.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let address = Address(String(parts[0])), let length = prefixNumber(parts[1]) else {
      return nil
    }
    self.init(address, prefixLength: length)
  }

  public var description: String { "\(address)/\(prefixLength)" }

  /// Bits of the host part.
  public var hostBits: Int { Address.bitWidth - prefixLength }
  /// Ones where the host part is.
  private var hostMask: Address.RawValue {
    hostBits == Address.bitWidth ? .max : (Address.RawValue(1) << Address.RawValue(hostBits)) - 1
  }
  /// Ones where the network part is, as an address: 255.255.0.0 for /16.
  public var mask: Address { Address(rawValue: ~hostMask) }
  /// The first address: host bits all zero.
  public var first: Address { Address(rawValue: address.rawValue & ~hostMask) }
  /// The last address: host bits all one.
  public var last: Address { Address(rawValue: address.rawValue | hostMask) }
  /// The same network with no host bits set.
  public var network: CIDR { CIDR(unchecked: first, prefixLength) }
  /// True when no host bits are set.
  public var isNetwork: Bool { address == first }
  /// How many addresses there are, less one (the full count of ::/0 does not fit its own type).
  public var lastOffset: Address.RawValue { hostMask }

  /// The larger network around this one; itself where `length` is not shorter.
  public func supernet(prefixLength length: Int) -> CIDR {
    CIDR(unchecked: address, Swift.min(Swift.max(length, 0), prefixLength)).network
  }

  /// True when the address lies within.
  public func contains(_ address: Address) -> Bool { first.rawValue == address.rawValue & ~hostMask }
  /// True when all of `other` lies within.
  public func contains(_ other: CIDR) -> Bool { prefixLength <= other.prefixLength && contains(other.address) }
  /// True when the two share an address.
  public func overlaps(_ other: CIDR) -> Bool { contains(other) || other.contains(self) }

  /// The address at a distance from the first one; nil outside.
  public func host(_ offset: Address.RawValue) -> Address? {
    offset <= hostMask ? Address(rawValue: first.rawValue | offset) : nil
  }

  /// The distance of an address from the first one; nil outside.
  public func offset(of address: Address) -> Address.RawValue? {
    contains(address) ? address.rawValue & hostMask : nil
  }

  /// The networks of `prefixLength` that make up this one, in order; nil when the length is shorter than this one's.
  public func subnets(prefixLength length: Int) -> Subnets<Address>? {
    guard (prefixLength...Address.bitWidth).contains(length) else { return nil }
    return Subnets(of: network, prefixLength: length)
  }

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

extension CIDR: Comparable {
  /// By first address, larger networks first: a network sorts before its subnets.
  public static func < (a: CIDR, b: CIDR) -> Bool {
    (a.first.rawValue, a.prefixLength, a.address.rawValue) < (b.first.rawValue, b.prefixLength, b.address.rawValue)
  }
}

/// An IPv4 address with its prefix.
public typealias IPv4CIDR = CIDR<IPv4Address>
/// An IPv6 address with its prefix.
public typealias IPv6CIDR = CIDR<IPv6Address>

extension CIDR where Address == IPv4Address {
  /// The directed broadcast address; nil for /31 and /32, which have none (RFC 3021).
  public var broadcast: IPv4Address? { prefixLength < 31 ? last : nil }
}

/// The networks of one length within a larger one; made one at a time, because there may be 2^128 of them.
public struct Subnets<Address: InternetAddress>: Sequence, IteratorProtocol, Sendable {
  private let length: Int
  private let end: Address
  private var upcoming: Address?

  init(of network: CIDR<Address>, prefixLength: Int) {
    length = prefixLength
    end = network.last
    upcoming = network.first
  }

  /// The next network; nil after the last one.
  public mutating func next() -> CIDR<Address>? {
    guard let first = upcoming else { return nil }
    let subnet = CIDR(unchecked: first, length)
    let last = subnet.last
    upcoming = last < end ? last.advanced(by: 1) : nil
    return subnet
  }
}

/// Decimal digits only, as Go's net.ParseCIDR reads the length.
func prefixNumber(_ text: Substring) -> Int? {
  guard !text.isEmpty, text.utf8.count < 8, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
  return Int(text)
}
