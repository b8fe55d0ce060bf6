/// Reads the wire format of protocol buffers (Protocol Buffers Documentation, "Encoding").
struct ProtobufInput {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes(Range<Int>)
    case fixed32(UInt32)
  }

  let bytes: [UInt8]
  private var index: Int
  private let end: Int

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    index = range.lowerBound
    end = range.upperBound
  }

  /// The next field; nil at the end.
  mutating func next() throws(ProtobufError) -> (number: UInt32, value: Value)? {
    guard index < end else { return nil }
    let tag = try varint()
    let number = UInt32(truncatingIfNeeded: tag >> 3)
    guard number > 0, tag >> 35 == 0 else { throw .malformed }
    switch tag & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(try fixed(8)))
    case 2:
      let length = try varint()
      guard length <= UInt64(end - index) else { throw .truncated }
      let range = index..<(index + Int(length))
      index = range.upperBound
      return (number, .bytes(range))
    case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
    default: throw .malformed
    }
  }

  private mutating func varint() throws(ProtobufError) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard index < end else { throw .truncated }
      let byte = bytes[index]
      index += 1
      result |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return result }
    }
    throw .malformed
  }

  private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
    guard count <= end - index else { throw .truncated }
    var result: UInt64 = 0
    for offset in 0..<count { result |= UInt64(bytes[index + offset]) << (8 * UInt64(offset)) }
    index += count
    return result
  }
}

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
