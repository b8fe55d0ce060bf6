import NIOCore

/// A connection after it was taken over: bytes in, bytes out, each direction with an end of its own.
public final class RawConnection: Sendable, AsyncSequence {
  public typealias Element = [UInt8]

  /// The protocol that the client asked for and was granted by 101, such as `tcp`; nil where it got a plain 200.
  public let upgrade: String?
  private let inbound: InboundStream
  private let outbound: OutboundStream
  private let shutdown: @Sendable () -> Void

  init(upgrade: String?, inbound: InboundStream, outbound: OutboundStream, shutdown: @escaping @Sendable () -> Void) {
    self.upgrade = upgrade
    self.inbound = inbound
    self.outbound = outbound
    self.shutdown = shutdown
  }

  /// What the client sends; ends when it closes its sending side, while output may go on.
  public func makeAsyncIterator() -> Iterator { Iterator(inbound: inbound) }

  public struct Iterator: AsyncIteratorProtocol {
    let inbound: InboundStream
    public mutating func next() async throws -> [UInt8]? {
      try await inbound.next().map { Array($0.readableBytesView) }
    }
  }

  /// The next buffer from the client without a copy, or nil at the end.
  public func nextBuffer() async throws -> ByteBuffer? { try await inbound.next() }

  /// Sends bytes at once; waits while the client is slow.
  public func write(_ bytes: some Collection<UInt8> & Sendable) async throws {
    if !bytes.isEmpty { try await outbound.write(ByteBuffer(bytes: bytes)) }
  }

  /// Sends a buffer without copying it.
  public func write(buffer: ByteBuffer) async throws {
    if buffer.readableBytes > 0 { try await outbound.write(buffer) }
  }

  /// Sends pieces one after the other, with nothing of another task's between them.
  func write(_ pieces: [ByteBuffer]) async throws { try await outbound.write(pieces) }

  /// Ends the output after what was written; input goes on.
  public func closeWrite() async throws {
    try await outbound.flushed()
    shutdown()
  }
}
