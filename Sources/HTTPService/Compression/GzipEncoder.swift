import Linux
import NIOCore

/// One gzip stream, at the fast level.
struct GzipEncoder {
  private let deflater: Deflater

  init() throws { deflater = try Deflater() }

  /// Compresses bytes; `finish` ends the stream.
  func encode(_ bytes: ByteBuffer, finish: Bool) throws -> ByteBuffer {
    ByteBuffer(bytes: try deflater.write(Array(bytes.readableBytesView), finish: finish))
  }

  /// Compresses a whole body.
  static func encode(_ bytes: ByteBuffer) throws -> ByteBuffer { try GzipEncoder().encode(bytes, finish: true) }
}
