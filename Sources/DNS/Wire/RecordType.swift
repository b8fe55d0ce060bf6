/// The type of a record or question (RFC 1035, sections 3.2.2 and 3.2.3; IANA's list).
public struct RecordType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// An IPv4 address.
  public static let a = RecordType(rawValue: 1)
  /// A name server.
  public static let ns = RecordType(rawValue: 2)
  /// The canonical name of an alias.
  public static let cname = RecordType(rawValue: 5)
  /// The start of a zone.
  public static let soa = RecordType(rawValue: 6)
  /// The name that an address has.
  public static let ptr = RecordType(rawValue: 12)
  /// A mail exchange.
  public static let mx = RecordType(rawValue: 15)
  /// Text.
  public static let txt = RecordType(rawValue: 16)
  /// An IPv6 address (RFC 3596).
  public static let aaaa = RecordType(rawValue: 28)
  /// The location of a service (RFC 2782).
  public static let srv = RecordType(rawValue: 33)
  /// The pseudo-record of EDNS (RFC 6891).
  public static let opt = RecordType(rawValue: 41)
  /// Question only: the changes of a zone (RFC 1995).
  public static let ixfr = RecordType(rawValue: 251)
  /// Question only: a whole zone (RFC 5936).
  public static let axfr = RecordType(rawValue: 252)
  /// Question only: records of all types.
  public static let any = RecordType(rawValue: 255)

  /// IANA's name, or `TYPE` and the number (RFC 3597).
  public var description: String {
    switch self {
    case .a: "A"
    case .ns: "NS"
    case .cname: "CNAME"
    case .soa: "SOA"
    case .ptr: "PTR"
    case .mx: "MX"
    case .txt: "TXT"
    case .aaaa: "AAAA"
    case .srv: "SRV"
    case .opt: "OPT"
    case .ixfr: "IXFR"
    case .axfr: "AXFR"
    case .any: "ANY"
    default: "TYPE\(rawValue)"
    }
  }
}
