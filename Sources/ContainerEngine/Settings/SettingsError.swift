/// A flag or a directive of the configuration file that cannot be followed.
public struct SettingsError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable { case syntax, unknown, conflict, invalid }
    let kind: Kind
    /// The file is no JSON object.
    public static let syntax = Code(kind: .syntax)
    /// A directive that does not exist.
    public static let unknown = Code(kind: .unknown)
    /// A directive given twice, by flag and by file.
    public static let conflict = Code(kind: .conflict)
    /// A value that the directive cannot have.
    public static let invalid = Code(kind: .invalid)
  }

  public let code: Code
  public let message: String
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
