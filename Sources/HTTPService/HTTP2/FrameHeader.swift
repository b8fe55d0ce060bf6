import NIOCore

/// The nine bytes before a frame's payload (RFC 9113, section 4.1).
struct FrameHeader: Equatable {
  enum Kind {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let reset: UInt8 = 3
    static let settings: UInt8 = 4
    static let windowUpdate: UInt8 = 8
  }

  static let count = 9
  static let endStream: UInt8 = 1
  static let acknowledgement: UInt8 = 1

  /// Bytes of the payload: 24 bits.
  var length: Int
  var kind: UInt8
  var flags: UInt8 = 0
  /// 31 bits; 0 for the connection.
  var stream: UInt32

  init(length: Int, kind: UInt8, flags: UInt8 = 0, stream: UInt32) {
    self.length = length
    self.kind = kind
    self.flags = flags
    self.stream = stream
  }

  /// Reads the header at an index; nil where not all of it is there.
  init?(_ bytes: ByteBuffer, at index: Int) {
    guard let start: UInt32 = bytes.getInteger(at: index), let flags: UInt8 = bytes.getInteger(at: index + 4),
      let stream: UInt32 = bytes.getInteger(at: index + 5)
    else { return nil }
    self.init(
      length: Int(start >> 8), kind: UInt8(truncatingIfNeeded: start), flags: flags, stream: stream & 0x7FFF_FFFF)
  }

  func write(to buffer: inout ByteBuffer) {
    buffer.writeMultipleIntegers(UInt32(length) << 8 | UInt32(kind), flags, stream)
  }
}
