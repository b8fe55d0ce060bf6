/// What went wrong with an image, a layer, a snapshot or a registry; the message is in Docker's words where it has some.
public struct ImageStoreError: Error, Sendable, CustomStringConvertible {
  /// The kind of failure, from which a server derives its status code.
  public struct Code: Sendable, Hashable {
    private enum Value { case notFound, invalid, conflict, denied, unavailable, corrupt, full, failed }
    private let value: Value
    private init(_ value: Value) { self.value = value }

    /// The image, layer or snapshot does not exist (404).
    public static let notFound = Code(.notFound)
    /// The request makes no sense (400).
    public static let invalid = Code(.invalid)
    /// It is in use or there already (409).
    public static let conflict = Code(.conflict)
    /// The registry refused access (Docker answers 404 to a pull, 401 to a login).
    public static let denied = Code(.denied)
    /// The registry did not answer, or not sensibly (500).
    public static let unavailable = Code(.unavailable)
    /// Content is not what its digest, size or format says (500).
    public static let corrupt = Code(.corrupt)
    /// No space left (500).
    public static let full = Code(.full)
    /// The system refused something (500).
    public static let failed = Code(.failed)
  }

  public let code: Code
  /// What, about which object, and what to do.
  public let message: String
  public let cause: (any Error)?

  public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  public var description: String { message }

  static func noSuchImage(_ name: String) -> ImageStoreError { .init(.notFound, "No such image: \(name)") }
}
