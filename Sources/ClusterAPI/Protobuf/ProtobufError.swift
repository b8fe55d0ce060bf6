import Protobuf

/// Bytes that are no object in protocol buffers, or an object that has no form there.
public struct ProtobufError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Equatable {
    private enum Value { case malformed, truncated, encoding, tooDeep, unknownKind, mismatch }
    private let value: Value
    /// What is there is no field, or one of another type.
    public static let malformed = Code(value: .malformed)
    /// A field is longer than what there is.
    public static let truncated = Code(value: .truncated)
    /// A string is not UTF-8, or bytes that hold JSON are none.
    public static let encoding = Code(value: .encoding)
    /// Messages nest too deeply.
    public static let tooDeep = Code(value: .tooDeep)
    /// The kind has no layout here.
    public static let unknownKind = Code(value: .unknownKind)
    /// A value in JSON is of another type than its field.
    public static let mismatch = Code(value: .mismatch)
  }
  public let code: Code
  public let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { message }

  static func mismatch(_ type: String) -> ProtobufError { ProtobufError(.mismatch, " is not \(type)") }

  static let malformed = ProtobufError(.malformed, "the object is not valid protobuf: a field is malformed")
  static let truncated = ProtobufError(.truncated, "the object is not valid protobuf: unexpected EOF")
  static let encoding = ProtobufError(.encoding, "the object is not valid protobuf: a string is not valid UTF-8")
  static let tooDeep = ProtobufError(.tooDeep, "the object is not valid protobuf: it nests too deeply")
}

extension ProtobufReader {
  /// The next field of an object.
  mutating func nextField() throws(ProtobufError) -> (number: UInt32, value: ProtobufField.Value)? {
    do { return try next().map { ($0.number, $0.value) } } catch { throw ProtobufError(error) }
  }
}

extension ProtobufError {
  init(_ fault: ProtobufFault) { self = fault.code == .truncated ? .truncated : .malformed }
}
