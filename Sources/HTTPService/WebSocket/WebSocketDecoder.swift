import NIOCore
import NIOWebSocket

/// What a client sends over a WebSocket, from bytes (RFC 6455, section 5): a pure state machine without input or output.
/// It is strict: what the protocol forbids is refused with the code that the protocol has for it.
struct WebSocketDecoder {
  enum Event: Equatable {
    case message(WebSocketMessage)
    case ping(ByteBuffer)
    case pong(ByteBuffer)
    case close(WebSocketClose)
  }

  private struct Head {
    let opcode: WebSocketFrame.Opcode
    let isFinal: Bool
    let length: Int
    let mask: WebSocketMaskingKey
  }

  /// The most bytes of one message.
  private let limit: Int
  private(set) var pending = ByteBuffer()
  private var head: Head?
  /// The message whose fragments are coming in.
  private var message: (kind: WebSocketMessage.Kind, buffer: ByteBuffer)?
  private var ended = false

  init(limit: Int) { self.limit = limit }

  mutating func feed(_ bytes: ByteBuffer) { pending.followedBy(bytes) }

  /// The next event in what was fed, or nil where more bytes are needed. Nothing follows a Close.
  /// - Throws: what the connection is to be closed with.
  mutating func next() throws(WebSocketClose) -> Event? {
    guard !ended else { return nil }
    do {
      while let (frame, payload) = try nextFrame() {
        if let event = try take(frame, payload) {
          if case .close = event { ended = true }
          return event
        }
      }
      return nil
    } catch {
      ended = true
      throw error
    }
  }

  // MARK: Frames

  private mutating func nextFrame() throws(WebSocketClose) -> (Head, ByteBuffer)? {
    if head == nil { head = try nextHead() }
    guard let head, pending.readableBytes >= head.length, var payload = pending.readSlice(length: head.length) else {
      return nil
    }
    self.head = nil
    payload.webSocketUnmask(head.mask)
    if pending.readableBytes == 0 { pending = ByteBuffer() }
    return (head, payload)
  }

  private mutating func nextHead() throws(WebSocketClose) -> Head? {
    let start = pending.readerIndex
    guard let first = pending.getInteger(at: start, as: UInt8.self),
      let second = pending.getInteger(at: start + 1, as: UInt8.self)
    else { return nil }
    guard first & 0x70 == 0 else { throw .protocolError("a reserved bit is set") }
    guard let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F) else { throw .protocolError("an unknown opcode") }
    let isFinal = first & 0x80 != 0
    guard second & 0x80 != 0 else { throw .protocolError("a frame without a mask") }
    let short = Int(second & 0x7F)
    if opcode.isControl {
      guard isFinal else { throw .protocolError("a control frame in fragments") }
      guard short <= WebSocketFrame.controlLimit else { throw .protocolError("a control frame that is too long") }
    }
    guard let (length, size) = try length(short, at: start + 2) else { return nil }
    guard opcode.isControl || length + (message?.buffer.readableBytes ?? 0) <= limit else {
      throw WebSocketClose(WebSocketClose.tooBig, "a message is larger than \(limit) bytes")
    }
    guard let key = pending.getBytes(at: start + 2 + size, length: 4), let mask = WebSocketMaskingKey(key) else {
      return nil
    }
    pending.moveReaderIndex(forwardBy: 2 + size + 4)
    return Head(opcode: opcode, isFinal: isFinal, length: length, mask: mask)
  }

  /// The length of the payload and how many bytes its extension takes; nil where they have not all come.
  private func length(_ short: Int, at index: Int) throws(WebSocketClose) -> (Int, Int)? {
    switch short {
    case 126:
      guard let length = pending.getInteger(at: index, as: UInt16.self) else { return nil }
      guard length > 125 else { throw .protocolError("a length that takes more bytes than it needs") }
      return (Int(length), 2)
    case 127:
      guard let length = pending.getInteger(at: index, as: UInt64.self) else { return nil }
      guard length > 65_535 else { throw .protocolError("a length that takes more bytes than it needs") }
      guard length < 1 << 62 else { throw .protocolError("a length beyond 63 bits") }
      return (Int(length), 8)
    default: return (short, 0)
    }
  }

  // MARK: Messages

  private mutating func take(_ frame: Head, _ payload: ByteBuffer) throws(WebSocketClose) -> Event? {
    switch frame.opcode {
    case .ping: return .ping(payload)
    case .pong: return .pong(payload)
    case .close: return .close(try close(payload))
    case .text, .binary:
      guard message == nil else { throw .protocolError("a message inside another") }
      let kind: WebSocketMessage.Kind = frame.opcode == .text ? .text : .binary
      guard !frame.isFinal else { return try whole(kind, payload) }
      message = (kind, payload)
    case .continuation:
      guard message != nil else { throw .protocolError("a continuation of nothing") }
      message?.buffer.writeImmutableBuffer(payload)
      guard frame.isFinal, let (kind, buffer) = message else { return nil }
      message = nil
      return try whole(kind, buffer)
    }
    return nil
  }

  private func whole(_ kind: WebSocketMessage.Kind, _ buffer: ByteBuffer) throws(WebSocketClose) -> Event {
    if kind == .text, !Self.isUTF8(buffer) {
      throw WebSocketClose(WebSocketClose.invalidData, "a text message that is not UTF-8")
    }
    return .message(WebSocketMessage(kind, buffer))
  }

  private func close(_ payload: ByteBuffer) throws(WebSocketClose) -> WebSocketClose {
    var payload = payload
    guard payload.readableBytes > 0 else { return WebSocketClose(WebSocketClose.noStatus) }
    guard let code = payload.readInteger(as: UInt16.self), WebSocketClose.isSendable(code) else {
      throw .protocolError("a close code that may not be sent")
    }
    guard Self.isUTF8(payload) else {
      throw WebSocketClose(WebSocketClose.invalidData, "the reason of a close is not UTF-8")
    }
    return WebSocketClose(code, String(buffer: payload))
  }

  private static func isUTF8(_ buffer: ByteBuffer) -> Bool {
    String(validating: buffer.readableBytesView, as: UTF8.self) != nil
  }
}

extension WebSocketClose {
  fileprivate static func protocolError(_ reason: String) -> WebSocketClose { .init(protocolError, reason) }
}
