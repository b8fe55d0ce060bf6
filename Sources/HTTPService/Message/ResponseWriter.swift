import NIOCore

/// Writes a response piece by piece. Each piece is sent at once; a slow client makes `write` wait.
/// For one task at a time.
public final class ResponseWriter: Sendable {
  private let body: any ResponseBody

  init(_ body: any ResponseBody) { self.body = body }

  /// Sends the head now, where the client waits for it before there is a first piece (`docker wait`, a watch).
  public func start() async throws { try await body.start() }

  /// Sends bytes, and the head before the first of them.
  /// - Throws: `connectionClosed` when the client has gone; `misuse` past the promised `Content-Length`.
  public func write(_ bytes: some Collection<UInt8> & Sendable) async throws {
    if !bytes.isEmpty { try await body.write(ByteBuffer(bytes: bytes)) }
  }

  /// Sends text.
  public func write(_ text: String) async throws {
    if !text.isEmpty { try await body.write(ByteBuffer(string: text)) }
  }

  /// Sends a buffer without copying it.
  public func write(buffer: ByteBuffer) async throws {
    if buffer.readableBytes > 0 { try await body.write(buffer) }
  }

  func finish() async throws { try await body.finish() }
}
