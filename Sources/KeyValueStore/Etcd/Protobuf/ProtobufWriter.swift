import NIOCore

/// Writes the fields of one message (Protocol Buffers, "Encoding"). Fields that hold their default are left out, as
/// proto3 wants it.
struct ProtobufWriter {
  private(set) var buffer = ByteBuffer()

  /// A number of 64 bits, a boolean or an enumeration.
  mutating func write(_ field: Int, _ value: Int64) {
    guard value != 0 else { return }
    writeAlways(field, value)
  }

  /// The same for a member of a `oneof`, whose default is told apart from its absence.
  mutating func writeAlways(_ field: Int, _ value: Int64) {
    tag(field, .varint)
    varint(UInt64(bitPattern: value))
  }

  mutating func write(_ field: Int, _ value: Bool) { write(field, value ? 1 : 0) }

  mutating func write(_ field: Int, _ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    tag(field, .lengthDelimited)
    varint(UInt64(bytes.count))
    buffer.writeBytes(bytes)
  }

  mutating func write(_ field: Int, _ text: String) { write(field, Array(text.utf8)) }

  /// A message within this one; an empty one is there too.
  mutating func write(_ field: Int, _ message: some ProtobufEncodable) {
    var writer = ProtobufWriter()
    message.encode(to: &writer)
    tag(field, .lengthDelimited)
    varint(UInt64(writer.buffer.readableBytes))
    buffer.writeBuffer(&writer.buffer)
  }

  mutating func write(_ field: Int, _ messages: [some ProtobufEncodable]) {
    for message in messages { write(field, message) }
  }

  private mutating func tag(_ field: Int, _ type: ProtobufWireType) { varint(UInt64(field) << 3 | type.rawValue) }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      buffer.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    buffer.writeInteger(UInt8(rest))
  }
}

/// A message that can be sent.
protocol ProtobufEncodable: Sendable {
  func encode(to writer: inout ProtobufWriter)
}

extension ProtobufEncodable {
  var encoded: ByteBuffer {
    var writer = ProtobufWriter()
    encode(to: &writer)
    return writer.buffer
  }
}
