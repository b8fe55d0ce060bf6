import NIOCore

extension ByteBuffer {
  /// Puts what has come behind the rest that was not taken out yet.
  ///
  /// What was taken out is let go of first: a connection whose reads never end where a request or a frame does is never
  /// without a rest, and would otherwise keep every byte that it ever brought.
  mutating func followedBy(_ bytes: ByteBuffer) {
    guard readableBytes > 0 else {
      self = bytes
      return
    }
    discardReadBytes()
    writeImmutableBuffer(bytes)
  }
}
