/// Why rules could not be read or changed with the programs of iptables.
public struct IptablesError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable {
    private enum Value { case missing, refused, failed }
    private let value: Value
    /// A program is not there.
    public static let missing = Code(value: .missing)
    /// The program, or the kernel behind it, refused.
    public static let refused = Code(value: .refused)
    /// The program could not be run.
    public static let failed = Code(value: .failed)
  }
  public let code: Code
  /// Which program, and what it said.
  public let message: String
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
