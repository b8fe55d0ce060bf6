import NIOCore

/// Finds in the bytes of a client, which come in pieces of any size, the frames that say how much it will take: all others are
/// handed on unseen, as they came.
struct WindowUpdates {
  enum Piece: Equatable {
    /// Anything else: whole frames or parts of them.
    case other(ByteBuffer)
    /// - Parameter stream: 0 for the connection.
    case windowUpdate(ByteBuffer, stream: UInt32, increment: Int)
    /// - Parameter initialWindow: of a stream, where the client says so.
    case settings(ByteBuffer, initialWindow: Int?)
  }

  private static let preface = 24
  /// SETTINGS_INITIAL_WINDOW_SIZE.
  private static let initialWindow: UInt16 = 4
  private static let settingBytes = 6
  /// Of a frame that we have not allowed to be larger; NIO refuses one that is.
  private static let mostSettings = 16_384

  /// Bytes to come that are handed on unseen. The first are no frame (RFC 9113, section 3.4).
  private var unseen = Self.preface
  /// What was not handed on yet. Between two calls it is less than a header, or a part of a frame that matters.
  private var rest = ByteBuffer()

  mutating func append(_ bytes: ByteBuffer) {
    if rest.readableBytes == 0 { rest = bytes } else { rest.writeImmutableBuffer(bytes) }
  }

  /// The next piece, in the order of the bytes; nil where more of them are needed.
  mutating func next() -> Piece? {
    var count = 0
    while true {
      let step = min(unseen, rest.readableBytes - count)
      (count, unseen) = (count + step, unseen - step)
      guard let header = FrameHeader(rest, at: rest.readerIndex + count) else { return other(count) }
      guard Self.matters(header) else {
        unseen = FrameHeader.count + header.length
        continue
      }
      // What is before it comes first.
      if count > 0 { return other(count) }
      guard let frame = take(FrameHeader.count + header.length) else { return nil }
      return Self.piece(header, frame)
    }
  }

  private mutating func other(_ count: Int) -> Piece? { count > 0 ? take(count).map(Piece.other) : nil }

  private mutating func take(_ count: Int) -> ByteBuffer? {
    if count == rest.readableBytes {
      defer { rest = ByteBuffer() }
      return rest
    }
    return rest.readSlice(length: count)
  }

  private static func matters(_ header: FrameHeader) -> Bool {
    switch header.kind {
    case FrameHeader.Kind.windowUpdate: header.length == 4
    case FrameHeader.Kind.settings:
      header.flags & FrameHeader.acknowledgement == 0 && header.length <= mostSettings
        && header.length.isMultiple(of: settingBytes)
    default: false
    }
  }

  private static func piece(_ header: FrameHeader, _ frame: ByteBuffer) -> Piece {
    let payload = frame.readerIndex + FrameHeader.count
    if header.kind == FrameHeader.Kind.windowUpdate {
      let increment: UInt32 = frame.getInteger(at: payload) ?? 0
      return .windowUpdate(frame, stream: header.stream, increment: Int(increment & 0x7FFF_FFFF))
    }
    var window: Int?
    for index in stride(from: payload, to: payload + header.length, by: settingBytes) {
      // The last of them holds.
      if frame.getInteger(at: index) == initialWindow {
        window = frame.getInteger(at: index + 2, as: UInt32.self).map(Int.init)
      }
    }
    return .settings(frame, initialWindow: window)
  }
}
