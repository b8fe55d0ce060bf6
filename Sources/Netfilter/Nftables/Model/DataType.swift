import Addressing

/// What the bytes of a key or a value mean (nft(8), DATA TYPES; the numbers are nft's own, the kernel only keeps them).
public enum DataType: UInt32, Sendable, Hashable {
  case ipv4Address = 7
  case ipv6Address = 8
  case `protocol` = 12
  case port = 13
  case mark = 19
  case interfaceName = 41

  /// Bytes of a value, before padding.
  public var size: Int {
    switch self {
    case .ipv4Address, .mark: 4
    case .ipv6Address, .interfaceName: 16
    case .protocol: 1
    case .port: 2
    }
  }

  public var keyword: String {
    switch self {
    case .ipv4Address: "ipv4_addr"
    case .ipv6Address: "ipv6_addr"
    case .protocol: "inet_proto"
    case .port: "inet_service"
    case .mark: "mark"
    case .interfaceName: "ifname"
    }
  }

  /// Bytes in registers: whole registers of four bytes.
  var paddedSize: Int { (size + 3) / 4 * 4 }

  /// The number that nft stores for a concatenation: six bits a field. A single field is the field itself.
  static func code(of fields: [DataType]) -> UInt32 { fields.reduce(0) { $0 << 6 | $1.rawValue } }

  /// The fields of a stored number, nil where one is unknown to us.
  static func fields(of code: UInt32) -> [DataType]? {
    var rest = code
    var fields: [DataType] = []
    while rest != 0 {
      guard let field = DataType(rawValue: rest & 63) else { return nil }
      fields.insert(field, at: 0)
      rest >>= 6
    }
    return fields
  }
}

/// One value of a known type, in the byte order of the wire.
public struct Datum: Sendable, Hashable {
  public let type: DataType
  public let bytes: [UInt8]

  /// `bytes` must have the type's size.
  public init(_ type: DataType, _ bytes: [UInt8]) {
    precondition(bytes.count == type.size, "a \(type.keyword) has \(type.size) bytes")
    self.type = type
    self.bytes = bytes
  }

  public static func port(_ value: UInt16) -> Datum { Datum(.port, [UInt8(value >> 8), UInt8(value & 255)]) }
  public static func `protocol`(_ number: UInt8) -> Datum { Datum(.protocol, [number]) }
  /// An address of 4 or 16 bytes.
  public static func address(_ bytes: [UInt8]) -> Datum {
    Datum(bytes.count == 4 ? .ipv4Address : .ipv6Address, bytes)
  }
  /// An interface's name, at most 15 bytes.
  public static func interface(_ name: String) -> Datum { Datum(.interfaceName, interfaceBytes(name)) }

  /// A name as the kernel compares it: 16 bytes, filled up with zeros.
  static func interfaceBytes(_ name: String) -> [UInt8] {
    let bytes = Array(name.utf8.prefix(15))
    return bytes + [UInt8](repeating: 0, count: 16 - bytes.count)
  }

  var padded: [UInt8] { bytes + [UInt8](repeating: 0, count: type.paddedSize - bytes.count) }
}

extension DataType {
  /// Bytes of a key or value made of these fields: a field that stands alone is not filled up.
  static func length(of fields: [DataType]) -> Int {
    fields.count == 1 ? fields[0].size : fields.reduce(0) { $0 + $1.paddedSize }
  }
}

extension Datum: Comparable, CustomStringConvertible {
  public static func < (a: Datum, b: Datum) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }

  /// As nft writes it.
  public var description: String {
    switch type {
    case .ipv4Address: bytes.map { String($0) }.joined(separator: ".")
    case .ipv6Address: IPv6Address(bytes: bytes)?.description ?? ""
    case .protocol:
      switch bytes[0] {
      case 6: "tcp"
      case 17: "udp"
      case 132: "sctp"
      case let other: String(other)
      }
    case .port: String(UInt16(bytes[0]) << 8 | UInt16(bytes[1]))
    case .mark: "0x" + bytes.reversed().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    case .interfaceName: "\"" + String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) + "\""
    }
  }
}
