/// Why a JSON text could not be read; `message` is in the words of Go's `encoding/json`, because clients and their tests match them.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// Which kind of failure this is; cases can be added without breaking readers.
  public struct Code: Sendable, Hashable {
    private enum Value: Hashable { case empty, syntax, truncated, mismatch, trailing }
    private let value: Value

    /// The text holds nothing at all.
    public static let empty = Code(value: .empty)
    /// The text is not JSON.
    public static let syntax = Code(value: .syntax)
    /// The text ends in the middle of a value.
    public static let truncated = Code(value: .truncated)
    /// A value has the wrong type for its field.
    public static let mismatch = Code(value: .mismatch)
    /// Something follows the value.
    public static let trailing = Code(value: .trailing)
  }

  public var code: Code
  public var message: String
  public var cause: (any Error)? { nil }
  public var description: String { message }

  /// Makes an error.
  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}
