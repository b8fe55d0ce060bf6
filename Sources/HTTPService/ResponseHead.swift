import NIOCore

/// Writes the head of a response (RFC 9112, section 4). Whoever builds the header decides the framing.
enum ResponseHead {
  static func write(_ status: Status, _ headers: Headers, minorVersion: Int, into buffer: inout ByteBuffer) {
    buffer.writeStaticString(minorVersion == 0 ? "HTTP/1.0 " : "HTTP/1.1 ")
    buffer.writeString(String(status.code))
    buffer.writeInteger(UInt8(ascii: " "))
    buffer.writeString(status.reason)
    buffer.writeStaticString("\r\n")
    for field in headers.fields { write(field, into: &buffer) }
    buffer.writeStaticString("\r\n")
  }

  /// A field that could end its line early would let whoever chose its value write fields, or a whole response, of
  /// their own: such bytes become spaces.
  private static func write(_ field: Headers.Field, into buffer: inout ByteBuffer) {
    guard !field.name.isEmpty, field.name.utf8.allSatisfy(\.isTokenCharacter) else { return }
    buffer.writeString(field.name)
    buffer.writeStaticString(": ")
    if field.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) {
      buffer.writeString(field.value)
    } else {
      buffer.writeBytes(field.value.utf8.map { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 ? $0 : 0x20 })
    }
    buffer.writeStaticString("\r\n")
  }
}
