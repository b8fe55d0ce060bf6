/// Why a request's parameter was refused (status 400), in Docker's words.
public struct QueryError: Error, Hashable, CustomStringConvertible {
  public var message: String
  public var cause: (any Error)? { nil }
  public var description: String { message }

  /// Makes an error.
  public init(_ message: String) {
    self.message = message
  }
}
