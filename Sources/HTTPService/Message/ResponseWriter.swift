import NIOCore
import Synchronization

/// Writes a response piece by piece. Each piece is sent at once; a slow client makes `write` wait.
/// For one task at a time.
public final class ResponseWriter: Sendable {
  private let body: any ResponseBody
  private let count = Atomic(0)

  /// How many bytes have been written.
  public var written: Int { count.load(ordering: .relaxed) + body.broadcastCount }

  init(_ body: any ResponseBody) { self.body = body }

  /// Sends the head now, where the client waits for it before there is a first piece (`docker wait`, a watch).
  public func start() async throws { try await body.start() }

  /// Sends bytes, and the head before the first of them.
  /// - Throws: `connectionClosed` when the client has gone; `misuse` past the promised `Content-Length`.
  public func write(_ bytes: some Collection<UInt8> & Sendable) async throws {
    try await write(buffer: ByteBuffer(bytes: bytes))
  }

  /// Sends text.
  public func write(_ text: String) async throws {
    try await write(buffer: ByteBuffer(string: text))
  }

  /// Sends a buffer without copying it.
  public func write(buffer: ByteBuffer) async throws {
    guard buffer.readableBytes > 0 else { return }
    count.add(buffer.readableBytes, ordering: .relaxed)
    try await body.write(buffer)
  }

  /// Takes part in broadcasts until the body ends; nil before the head was sent, and where the body's form does not allow it.
  public var broadcastTarget: Broadcast.Target? { body.broadcastTarget }

  func finish() async throws { try await body.finish() }
}
