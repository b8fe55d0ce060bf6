/// How a field's value is written (Protocol Buffers Documentation, "Encoding", "Message Structure").
enum ProtobufWireType: UInt64 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case fixed32 = 5
}

/// One field as it was found. Its accessors throw where it has another type than the message says.
public struct ProtobufField: Sendable {
  public enum Value: Sendable {
    case varint(UInt64)
    case fixed64(UInt64)
    /// A text, bytes, a message or packed numbers: where they are in the bytes that are read.
    case bytes(Range<Int>)
    case fixed32(UInt32)
  }

  public let number: UInt32
  public let value: Value
  fileprivate let message: [UInt8]

  init(number: UInt32, value: Value, message: [UInt8]) {
    self.number = number
    self.value = value
    self.message = message
  }

  public func int64() throws(ProtobufFault) -> Int64 {
    guard case .varint(let value) = value else { throw mismatch }
    return Int64(bitPattern: value)
  }

  public func bool() throws(ProtobufFault) -> Bool { try int64() != 0 }

  public func bytes() throws(ProtobufFault) -> [UInt8] { Array(message[try range()]) }

  /// Broken UTF-8 is repaired.
  public func string() throws(ProtobufFault) -> String { String(decoding: message[try range()], as: UTF8.self) }

  public func message<Message: ProtobufDecodable>(
    _: Message.Type = Message.self
  ) throws(ProtobufFault) -> Message { try Message(decoding: message, try range()) }

  private func range() throws(ProtobufFault) -> Range<Int> {
    guard case .bytes(let range) = value else { throw mismatch }
    return range
  }

  private var mismatch: ProtobufFault { .malformed("field \(number) has another type than it must") }
}
