/// Reads the fields of one message in the order that they are in (Protocol Buffers Documentation, "Encoding"). What a
/// field means is the message's business; groups, which proto3 does not have, are refused.
public struct ProtobufReader: Sendable {
  private let bytes: [UInt8]
  private var index: Int
  private let end: Int

  /// - Parameter range: where the message is; all of the bytes unless told.
  public init(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
    self.bytes = bytes
    index = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  /// The next field; nil at the message's end.
  public mutating func next() throws(ProtobufFault) -> ProtobufField? {
    guard index < end else { return nil }
    let tag = try varint()
    let number = UInt32(truncatingIfNeeded: tag >> 3)
    // Numbers of fields have 29 bits.
    guard number > 0, tag >> 32 == 0 else { throw .malformed("a field has no number") }
    return ProtobufField(number: number, value: try value(ProtobufWireType(rawValue: tag & 7)), message: bytes)
  }

  /// The next of the numbers that a packed field consists of; nil at their end.
  public mutating func nextPacked() throws(ProtobufFault) -> UInt64? { index < end ? try varint() : nil }

  private mutating func value(_ type: ProtobufWireType?) throws(ProtobufFault) -> ProtobufField.Value {
    switch type {
    case .varint: return .varint(try varint())
    case .fixed64: return .fixed64(try fixed(8))
    case .lengthDelimited:
      let length = try varint()
      guard length <= UInt64(end - index) else { throw .truncated }
      let range = index..<(index + Int(length))
      index = range.upperBound
      return .bytes(range)
    case .fixed32: return .fixed32(UInt32(truncatingIfNeeded: try fixed(4)))
    case nil: throw .malformed("a field's type is none that is in use")
    }
  }

  private mutating func varint() throws(ProtobufFault) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard index < end else { throw .truncated }
      let byte = bytes[index]
      index += 1
      // The tenth byte has room for one bit.
      if shift == 63, byte > 1 { break }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw .malformed("a number has more than 64 bits")
  }

  private mutating func fixed(_ count: Int) throws(ProtobufFault) -> UInt64 {
    guard count <= end - index else { throw .truncated }
    var result: UInt64 = 0
    for offset in 0..<count { result |= UInt64(bytes[index + offset]) << (8 * UInt64(offset)) }
    index += count
    return result
  }
}
