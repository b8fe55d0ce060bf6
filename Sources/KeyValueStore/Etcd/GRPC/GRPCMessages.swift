import NIOCore

/// The messages in the bytes of a stream, each after one byte that says whether it is compressed and four for its length
/// (gRPC over HTTP/2, `Length-Prefixed-Message`).
struct GRPCMessages {
  private(set) var buffer = ByteBuffer()
  private let limit: Int

  /// - Parameter limit: bytes; what is longer is no message.
  init(limit: Int) { self.limit = limit }

  mutating func append(_ bytes: inout ByteBuffer) {
    guard buffer.readableBytes > 0 else {
      buffer = bytes
      return
    }
    // A stream whose pieces never end with a message would keep all that it ever brought.
    buffer.discardReadBytes()
    buffer.writeBuffer(&bytes)
  }

  /// Whether a message has begun.
  var isPartial: Bool { buffer.readableBytes > 0 }

  /// The next message that is whole.
  mutating func next() throws(GRPCFault) -> ByteBuffer? {
    guard let flag: UInt8 = buffer.getInteger(at: buffer.readerIndex) else { return nil }
    guard flag == 0 else { throw GRPCFault(.malformed, "a message is compressed, which nobody asked for") }
    guard let length: UInt32 = buffer.getInteger(at: buffer.readerIndex + 1) else { return nil }
    guard Int(length) <= limit else {
      throw GRPCFault(.malformed, "a message of \(length) bytes is longer than the \(limit) that are taken")
    }
    guard buffer.readableBytes >= 5 + Int(length) else { return nil }
    buffer.moveReaderIndex(forwardBy: 5)
    let message = buffer.readSlice(length: Int(length))
    if buffer.readableBytes == 0 { buffer = ByteBuffer() }
    return message
  }

  static func framed(_ message: ByteBuffer) -> ByteBuffer {
    var message = message
    var framed = ByteBuffer()
    framed.reserveCapacity(5 + message.readableBytes)
    framed.writeInteger(UInt8(0))
    framed.writeInteger(UInt32(message.readableBytes))
    framed.writeBuffer(&message)
    return framed
  }
}
