/// Why a message, a name or a server could not be had.
public struct DNSError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure; more may be added.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    private enum Kind: String { case malformed, invalid, unavailable, stopped }
    private let kind: Kind
    /// Bytes that are no DNS message.
    public static let malformed = Code(kind: .malformed)
    /// A value that no DNS message can carry.
    public static let invalid = Code(kind: .invalid)
    /// This host cannot do it: see `cause`.
    public static let unavailable = Code(kind: .unavailable)
    /// The server was stopped.
    public static let stopped = Code(kind: .stopped)
    public var description: String { kind.rawValue }
  }

  /// The kind of failure.
  public let code: Code
  /// What was tried, and on what.
  public let message: String
  /// The error below, where there is one.
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
