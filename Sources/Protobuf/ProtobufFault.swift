/// Bytes that are no message.
public struct ProtobufFault: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Equatable {
    private enum Value { case malformed, truncated }
    private let value: Value
    /// What is there is no field, or one of another type.
    public static let malformed = Code(value: .malformed)
    /// A field is longer than what there is.
    public static let truncated = Code(value: .truncated)
  }
  public let code: Code
  public let description: String

  static func malformed(_ description: String) -> ProtobufFault {
    ProtobufFault(code: .malformed, description: description)
  }

  static let truncated = ProtobufFault(code: .truncated, description: "the message ends in the middle of a field")
}
