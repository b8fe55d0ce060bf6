/// A message in the wire format of Protocol Buffers (the encoding of proto3), field by field.
struct ProtobufMessage {
  private(set) var bytes: [UInt8] = []

  private enum WireType: UInt64 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private mutating func appendTag(_ field: Int, _ type: WireType) {
    appendVarint(UInt64(field) << 3 | type.rawValue)
  }

  private mutating func append(_ field: Int, delimited content: some Collection<UInt8>) {
    appendTag(field, .lengthDelimited)
    appendVarint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func append(_ field: Int, _ text: String) { append(field, delimited: text.utf8) }

  mutating func append(_ field: Int, _ message: ProtobufMessage) { append(field, delimited: message.bytes) }

  mutating func append(_ field: Int, _ flag: Bool) {
    appendTag(field, .varint)
    appendVarint(flag ? 1 : 0)
  }

  mutating func append(_ field: Int, _ number: Int64) {
    appendTag(field, .varint)
    appendVarint(UInt64(bitPattern: number))
  }

  mutating func append(_ field: Int, _ number: Double) {
    appendTag(field, .fixed64)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> shift))
    }
  }
}
