import NIOCore

/// Frames of RFC 6455, section 5.2, as a server sends them: whole and without a mask.
enum WebSocketFrame {
  enum Opcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
  }

  /// The longest payload of a control frame.
  static let controlLimit = 125

  /// One frame in pieces to write one after the other; a large payload is not copied.
  static func pieces(_ opcode: Opcode, _ payload: ByteBuffer) -> [ByteBuffer] {
    let count = payload.readableBytes
    let copies = count <= 16_384
    var head = ByteBufferAllocator().buffer(capacity: 10 + (copies ? count : 0))
    head.writeInteger(0x80 | opcode.rawValue)
    switch count {
    case 0...125: head.writeInteger(UInt8(count))
    case 126...65_535:
      head.writeInteger(UInt8(126))
      head.writeInteger(UInt16(count))
    default:
      head.writeInteger(UInt8(127))
      head.writeInteger(UInt64(count))
    }
    guard copies else { return [head, payload] }
    head.writeImmutableBuffer(payload)
    return [head]
  }

  /// The payload of a Close frame.
  static func closePayload(_ close: WebSocketClose) -> ByteBuffer {
    guard WebSocketClose.isSendable(close.code) else { return ByteBuffer() }
    var payload = ByteBuffer(integer: close.code)
    // Cut between characters.
    var room = controlLimit - 2
    for character in close.reason {
      let count = character.utf8.count
      guard count <= room else { break }
      room -= count
      payload.writeString(String(character))
    }
    return payload
  }
}
