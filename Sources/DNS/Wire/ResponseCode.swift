/// How a question was answered (RFC 1035, section 4.1.1). Codes above 15 need EDNS (RFC 6891, section 6.1.3).
public struct ResponseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// Twelve bits.
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue & 0xFFF }

  /// NOERROR.
  public static let noError = ResponseCode(rawValue: 0)
  /// FORMERR: the question could not be read.
  public static let formatError = ResponseCode(rawValue: 1)
  /// SERVFAIL.
  public static let serverFailure = ResponseCode(rawValue: 2)
  /// NXDOMAIN: the name does not exist.
  public static let nameError = ResponseCode(rawValue: 3)
  /// NOTIMP: this kind of query is not served.
  public static let notImplemented = ResponseCode(rawValue: 4)
  /// REFUSED.
  public static let refused = ResponseCode(rawValue: 5)
  /// BADVERS: an EDNS version that is not known.
  public static let badVersion = ResponseCode(rawValue: 16)

  /// IANA's name, or `RCODE` and the number.
  public var description: String {
    switch self {
    case .noError: "NOERROR"
    case .formatError: "FORMERR"
    case .serverFailure: "SERVFAIL"
    case .nameError: "NXDOMAIN"
    case .notImplemented: "NOTIMP"
    case .refused: "REFUSED"
    case .badVersion: "BADVERS"
    default: "RCODE\(rawValue)"
    }
  }
}
