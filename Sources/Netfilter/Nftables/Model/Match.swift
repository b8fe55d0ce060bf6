/// Expressions in groups that a person would write as one: what rules are built from. Each group loads into registers
/// from the first on, so groups follow each other freely.
public enum Match {
  /// A field of a packet that can be part of a key.
  public enum Field: Sendable, Hashable {
    case inputName, outputName
    case transportProtocol
    case source4, destination4, source6, destination6
    case sourcePort, destinationPort

    public var type: DataType {
      switch self {
      case .inputName, .outputName: .interfaceName
      case .transportProtocol: .protocol
      case .source4, .destination4: .ipv4Address
      case .source6, .destination6: .ipv6Address
      case .sourcePort, .destinationPort: .port
      }
    }

    func load(into register: Register) -> Expression {
      switch self {
      case .inputName: .meta(.inputName, into: register)
      case .outputName: .meta(.outputName, into: register)
      case .transportProtocol: .meta(.transportProtocol, into: register)
      case .source4: .payload(.network, offset: 12, length: 4, into: register)
      case .destination4: .payload(.network, offset: 16, length: 4, into: register)
      case .source6: .payload(.network, offset: 8, length: 16, into: register)
      case .destination6: .payload(.network, offset: 24, length: 16, into: register)
      case .sourcePort: .payload(.transport, offset: 0, length: 2, into: register)
      case .destinationPort: .payload(.transport, offset: 2, length: 2, into: register)
      }
    }
  }

  private static let first = Register(0)

  /// Loads a concatenation of fields; returns the register behind it.
  private static func load(_ fields: [Field], _ expressions: inout [Expression]) -> Register {
    var register = first
    for field in fields {
      expressions.append(field.load(into: register))
      register = register.advanced(byBytes: field.type.size)
    }
    return register
  }

  /// The packet is IPv4, or IPv6: needed in `inet` tables before any field of that header.
  public static func family(_ family: Family) -> [Expression] {
    [.meta(.networkProtocol, into: first), .compare(first, .equal, [family.rawValue])]
  }

  /// `iifname "…"`, or not.
  public static func interface(_ field: Field, _ name: String, equal: Bool = true) -> [Expression] {
    [field.load(into: first), .compare(first, equal ? .equal : .notEqual, Datum.interfaceBytes(name))]
  }

  /// An address in a network, or not. `bytes` is the network's address.
  public static func network(
    _ field: Field, _ bytes: [UInt8], prefixLength: Int, equal: Bool = true
  ) -> [Expression] {
    let mask = bytes.indices.map { index -> UInt8 in
      let bits = min(max(prefixLength - index * 8, 0), 8)
      return UInt8(truncatingIfNeeded: 0xFF00 >> bits)
    }
    var expressions = [field.load(into: first)]
    if prefixLength < bytes.count * 8 {
      expressions.append(.bitwise(from: first, into: first, mask: mask, xor: bytes.map { _ in 0 }))
    }
    return expressions + [.compare(first, equal ? .equal : .notEqual, bytes)]
  }

  /// Any of the bits is set in what connection tracking knows.
  public static func connection(_ key: ConnectionKey, anyOf bits: UInt32) -> [Expression] {
    [
      .connection(key, into: first), .bitwise(from: first, into: first, mask: hostOrder(bits), xor: [0, 0, 0, 0]),
      .compare(first, .notEqual, [0, 0, 0, 0]),
    ]
  }

  /// The connection is known, or belongs to one that is (`ct state established,related`).
  public static let established = connection(.state, anyOf: 0x2 | 0x4)
  /// The destination was translated (`ct status dnat`, IPS_DST_NAT).
  public static let destinationTranslated = connection(.status, anyOf: 0x20)

  /// The destination is an address of this host (`fib daddr type local`, RTN_LOCAL).
  public static let destinationIsLocal: [Expression] = [
    .addressType(ofDestination: true, into: first), .compare(first, .equal, hostOrder(2)),
  ]

  /// The fields are (or are not) in the set.
  public static func set(_ fields: [Field], _ name: String, inverted: Bool = false) -> [Expression] {
    var expressions: [Expression] = []
    _ = load(fields, &expressions)
    return expressions + [.lookup(set: name, from: first, inverted: inverted, into: nil)]
  }

  /// The verdict map decides by the fields.
  public static func verdictMap(_ fields: [Field], _ name: String) -> [Expression] {
    var expressions: [Expression] = []
    _ = load(fields, &expressions)
    return expressions + [.verdictMap(set: name, from: first)]
  }

  /// `dnat … to FIELDS map @name`: the map gives address and port.
  public static func translateDestination(_ family: Family, _ fields: [Field], map name: String) -> [Expression] {
    var expressions: [Expression] = []
    let target = load(fields, &expressions)
    let addressSize = family == .ipv6 ? 16 : 4
    return expressions + [
      .lookup(set: name, from: first, inverted: false, into: target),
      .translate(Translation(.destination, family, address: target, port: target.advanced(byBytes: addressSize))),
    ]
  }

  /// `snat … to FIELDS map @name`: the map gives the address.
  public static func translateSource(_ family: Family, _ fields: [Field], map name: String) -> [Expression] {
    var expressions: [Expression] = []
    let target = load(fields, &expressions)
    return expressions + [
      .lookup(set: name, from: first, inverted: false, into: target),
      .translate(Translation(.source, family, address: target)),
    ]
  }

  /// A number as it lies in the kernel's memory.
  static func hostOrder(_ value: UInt32) -> [UInt8] {
    let little = value.littleEndian
    return (0..<4).map { UInt8(truncatingIfNeeded: little >> UInt32(8 * $0)) }
  }
}
