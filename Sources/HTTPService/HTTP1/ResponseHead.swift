import NIOCore

/// Writes the head of a response (RFC 9112, section 4). Whoever builds the header decides the framing.
enum ResponseHead {
  /// The fields that are the server's business on HTTP/1.1.
  static let framingFields = ["Content-Length", "Transfer-Encoding", "Connection", "Upgrade"]

  static func write(_ status: Status, _ headers: Headers, minorVersion: Int, into buffer: inout ByteBuffer) {
    writeStatusLine(status, minorVersion: minorVersion, into: &buffer)
    write(headers, except: [], into: &buffer)
    buffer.writeStaticString("\r\n")
  }

  static func writeStatusLine(
    _ status: Status, reason: String? = nil, minorVersion: Int, into buffer: inout ByteBuffer
  ) {
    if status == .ok, minorVersion == 1 {
      buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
      return
    }
    buffer.writeStaticString(minorVersion == 0 ? "HTTP/1.0 " : "HTTP/1.1 ")
    buffer.writeString(String(status.code))
    buffer.writeInteger(UInt8(ascii: " "))
    buffer.writeString(reason ?? status.reason)
    buffer.writeStaticString("\r\n")
  }

  /// Writes fields; returns whether `Date` was among them.
  @discardableResult
  static func write(_ headers: Headers, except left: [String], into buffer: inout ByteBuffer) -> Bool {
    var dated = false
    for field in headers.fields where !left.contains(where: { field.name.equalsIgnoringCase($0) }) {
      if field.name.equalsIgnoringCase("Date") { dated = true }
      write(field.name, field.value, into: &buffer)
    }
    return dated
  }

  /// A field that could end its line early would let whoever chose its value write fields, or a whole response, of
  /// their own: such bytes become spaces.
  static func write(_ name: String, _ value: String, into buffer: inout ByteBuffer) {
    guard name.isToken else { return }
    buffer.writeString(name)
    buffer.writeStaticString(": ")
    if value.isFieldValue {
      buffer.writeString(value)
    } else {
      buffer.writeBytes(value.utf8.map { $0.isFieldValueByte ? $0 : 0x20 })
    }
    buffer.writeStaticString("\r\n")
  }
}

extension UInt8 {
  /// What a field's value may hold (RFC 9110, section 5.5).
  var isFieldValueByte: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }
}

extension String {
  /// A name of a field or a method (RFC 9110, section 5.6.2).
  var isToken: Bool {
    let bytes = utf8Span.span
    for index in bytes.indices where !bytes[index].isTokenCharacter { return false }
    return !bytes.isEmpty
  }

  var isFieldValue: Bool {
    let bytes = utf8Span.span
    for index in bytes.indices where !bytes[index].isFieldValueByte { return false }
    return true
  }
}
