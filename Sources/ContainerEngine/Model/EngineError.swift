/// Why the engine refused or failed: one shape for both doors, which map the code to their own status.
public struct EngineError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is; the kinds are those that Docker's and Kubernetes' APIs tell apart.
  public struct Code: Sendable, Hashable {
    private enum Value {
      case invalidParameter, notFound, conflict, notModified, forbidden, unauthorized, unavailable, notImplemented,
        internalFailure
    }
    private let value: Value
    public static let invalidParameter = Code(value: .invalidParameter)
    public static let notFound = Code(value: .notFound)
    public static let conflict = Code(value: .conflict)
    /// The object is in the wanted state already.
    public static let notModified = Code(value: .notModified)
    public static let forbidden = Code(value: .forbidden)
    public static let unauthorized = Code(value: .unauthorized)
    public static let unavailable = Code(value: .unavailable)
    public static let notImplemented = Code(value: .notImplemented)
    public static let internalFailure = Code(value: .internalFailure)
  }
  public let code: Code
  /// What, which object, what to do; in docker's words where docker has them.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }

  static func noSuchContainer(_ name: String) -> EngineError { .init(.notFound, "No such container: \(name)") }
}
