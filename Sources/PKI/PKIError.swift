/// Why a certificate or a token cannot be made, read or believed.
public struct PKIError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Equatable {
    private enum Value { case issue, unreadable, invalid, expired }
    private let value: Value
    /// It cannot be made.
    public static let issue = Code(value: .issue)
    /// It is not what it should be, or its parts do not belong together.
    public static let unreadable = Code(value: .unreadable)
    /// It was not made by who it should be, or is not meant for this.
    public static let invalid = Code(value: .invalid)
    /// Its time is over, or has not come.
    public static let expired = Code(value: .expired)
  }
  public let code: Code
  public let message: String
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
