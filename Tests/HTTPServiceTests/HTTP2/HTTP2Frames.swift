import NIOCore
import NIOHPACK

/// Frames of HTTP/2 (RFC 9113, section 4.1), right or wrong.
enum HTTP2Frames {
  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let settings = frame(4)

  static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
    let count = payload.count
    return [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), type, flags] + number(stream)
      + payload
  }

  static func number(_ value: UInt32) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  /// A request without a body.
  static func get(_ path: String, stream: UInt32, _ fields: HPACKHeaders = [:], ends: Bool = true) throws -> [UInt8] {
    var headers: HPACKHeaders = [":method": "GET", ":path": path, ":scheme": "https", ":authority": "d"]
    headers.add(contentsOf: fields)
    return frame(1, flags: ends ? 5 : 4, stream: stream, try block(headers))
  }

  /// A header block that leaves the dynamic table as it is.
  static func block(_ headers: HPACKHeaders) throws -> [UInt8] {
    var encoder = HPACKEncoder(allocator: ByteBufferAllocator(), maxDynamicTableSize: 0)
    var buffer = ByteBuffer()
    let plain = HPACKHeaders(headers.map { ($0.name, $0.value) })
    try encoder.encode(headers: plain, to: &buffer)
    return Array(buffer.readableBytesView)
  }

  static func reset(_ stream: UInt32, code: UInt32 = 8) -> [UInt8] { frame(3, stream: stream, number(code)) }

  /// The error code of the GOAWAY in `bytes`, if there is one.
  static func goAway(in bytes: [UInt8]) -> UInt32? {
    find(7, in: bytes).last.map { $0.payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) } }
  }

  /// All frames of a type.
  static func find(_ type: UInt8, in bytes: [UInt8]) -> [(stream: UInt32, payload: [UInt8])] {
    var found: [(UInt32, [UInt8])] = []
    var rest = bytes[...]
    while rest.count >= 9 {
      let head = Array(rest.prefix(9))
      let count = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
      let payload = Array(rest.dropFirst(9).prefix(count))
      if head[3] == type { found.append((head[5..<9].reduce(0) { $0 << 8 | UInt32($1) }, payload)) }
      rest = rest.dropFirst(9 + count)
    }
    return found
  }
}
