/// Why rules could not be read or changed.
public struct NftablesError: Error, Sendable, CustomStringConvertible {
  public struct Code: Sendable, Hashable {
    private enum Value { case refused, notFound, outdated, failed }
    private let value: Value
    /// The kernel refused a part of a transaction; nothing of it happened.
    public static let refused = Code(value: .refused)
    /// What a transaction names, or what was to be read, is not there.
    public static let notFound = Code(value: .notFound)
    /// Somebody changed the rules meanwhile: read again.
    public static let outdated = Code(value: .outdated)
    /// The conversation with the kernel failed.
    public static let failed = Code(value: .failed)
  }
  public let code: Code
  /// Which object, and the kernel's reason.
  public let message: String
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }
}
