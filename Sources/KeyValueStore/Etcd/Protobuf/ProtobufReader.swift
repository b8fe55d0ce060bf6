import NIOCore

/// How a field's value is written (Protocol Buffers, "Encoding", "Message Structure").
enum ProtobufWireType: UInt64 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case groupStart = 3
  case groupEnd = 4
  case fixed32 = 5
}

/// Bytes that are no message.
struct ProtobufFault: Error, CustomStringConvertible {
  let description: String

  static let short = ProtobufFault(description: "the message ends in the middle of a field")
}

/// One field as it was found: its meaning is the message's business.
struct ProtobufField {
  enum Value {
    case number(UInt64)
    case bytes(ByteBuffer)
    /// A number of fixed width, which no message here has.
    case fixed
  }
  let number: Int
  let value: Value

  func int64() throws(ProtobufFault) -> Int64 {
    guard case .number(let value) = value else { throw mismatch }
    return Int64(bitPattern: value)
  }

  func bool() throws(ProtobufFault) -> Bool { try int64() != 0 }

  func buffer() throws(ProtobufFault) -> ByteBuffer {
    guard case .bytes(let buffer) = value else { throw mismatch }
    return buffer
  }

  func bytes() throws(ProtobufFault) -> [UInt8] { Array(try buffer().readableBytesView) }

  func string() throws(ProtobufFault) -> String { String(buffer: try buffer()) }

  func message<Message: ProtobufDecodable>(_: Message.Type = Message.self) throws(ProtobufFault) -> Message {
    try Message(decoding: try buffer())
  }

  private var mismatch: ProtobufFault { ProtobufFault(description: "field \(number) has another type than it must") }
}

/// Reads the fields of one message, in the order that they are in.
struct ProtobufReader {
  private var buffer: ByteBuffer

  init(_ buffer: ByteBuffer) { self.buffer = buffer }

  /// The next field; nil at the message's end.
  mutating func next() throws(ProtobufFault) -> ProtobufField? {
    guard buffer.readableBytes > 0 else { return nil }
    let tag = try varint()
    guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw ProtobufFault(description: "a field has no number") }
    return ProtobufField(number: Int(tag >> 3), value: try value(ProtobufWireType(rawValue: tag & 7)))
  }

  private mutating func value(_ type: ProtobufWireType?) throws(ProtobufFault) -> ProtobufField.Value {
    switch type {
    case .varint: return .number(try varint())
    case .lengthDelimited:
      let length = try varint()
      guard length <= UInt64(buffer.readableBytes), let slice = buffer.readSlice(length: Int(length)) else {
        throw .short
      }
      return .bytes(slice)
    case .fixed64: return try skip(8)
    case .fixed32: return try skip(4)
    case .groupStart, .groupEnd, nil: throw ProtobufFault(description: "a field's type is none that is in use")
    }
  }

  private mutating func skip(_ count: Int) throws(ProtobufFault) -> ProtobufField.Value {
    guard buffer.readSlice(length: count) != nil else { throw .short }
    return .fixed
  }

  private mutating func varint() throws(ProtobufFault) -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte: UInt8 = buffer.readInteger() else { throw .short }
      // The tenth byte has room for one bit.
      if shift == 63, byte > 1 { break }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw ProtobufFault(description: "a number has more than 64 bits")
  }
}

/// A message that can be received: fields that it does not know are passed over.
protocol ProtobufDecodable: Sendable {
  init()
  mutating func take(_ field: ProtobufField) throws(ProtobufFault)
}

extension ProtobufDecodable {
  init(decoding buffer: ByteBuffer) throws(ProtobufFault) {
    self.init()
    var reader = ProtobufReader(buffer)
    while let field = try reader.next() { try take(field) }
  }
}
