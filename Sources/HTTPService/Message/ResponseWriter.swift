import NIOCore
import Synchronization

/// Writes a response piece by piece. Each piece is sent at once; a slow client makes `write` wait.
/// For one task at a time.
public final class ResponseWriter: Sendable {
  private let body: any ResponseBody
  private let count = Atomic(0)

  /// How many bytes have been written.
  public var written: Int { count.load(ordering: .relaxed) }

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

  /// Sends a buffer at once, without a task: what tells thousands of clients the same need not wake a task for each.
  ///
  /// For whoever knows that no task writes meanwhile. What is offered and what is written arrive in their order.
  /// - Returns: false where the client is too slow at present or has gone, or the body's form does not allow it; nothing was
  ///   sent then, and `write` sends it, or says why not.
  public func offer(buffer: ByteBuffer) -> Bool {
    guard buffer.readableBytes > 0 else { return true }
    guard body.offer(buffer) else { return false }
    count.add(buffer.readableBytes, ordering: .relaxed)
    return true
  }

  func finish() async throws { try await body.finish() }
}
