/// The class of a record or question (RFC 1035, sections 3.2.4 and 3.2.5).
public struct RecordClass: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt16
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The Internet.
  public static let internet = RecordClass(rawValue: 1)
  /// Chaosnet; today the questions about a name server itself (`version.bind`).
  public static let chaos = RecordClass(rawValue: 3)
  /// None (RFC 2136).
  public static let none = RecordClass(rawValue: 254)
  /// Question only: any class.
  public static let any = RecordClass(rawValue: 255)

  /// IANA's name, or `CLASS` and the number (RFC 3597).
  public var description: String {
    switch self {
    case .internet: "IN"
    case .chaos: "CH"
    case .none: "NONE"
    case .any: "ANY"
    default: "CLASS\(rawValue)"
    }
  }
}
