import NIOCore
import Synchronization

/// Writes a response piece by piece. Each piece is sent at once; a slow client makes `write` wait.
/// For one task at a time.
public final class ResponseWriter: Sendable {
  enum Framing {
    case chunked
    case length(Int)
    case untilClose, none
  }
  private struct State {
    var framing: Framing
    /// The head that was not sent yet.
    var head: ByteBuffer?
    var ended = false
  }

  private let state: Mutex<State>
  private let outbound: OutboundStream

  init(head: ByteBuffer, framing: Framing, outbound: OutboundStream) {
    state = Mutex(State(framing: framing, head: head))
    self.outbound = outbound
  }

  /// Sends the head now, where the client waits for it before there is a first piece (`docker wait`).
  public func start() async throws { try await send(nil) }

  /// Sends bytes, and the head before the first of them.
  /// - Throws: `connectionClosed` when the client has gone; `misuse` past the promised `Content-Length`.
  public func write(_ bytes: some Collection<UInt8> & Sendable) async throws {
    if !bytes.isEmpty { try await send(ByteBuffer(bytes: bytes)) }
  }

  /// Sends text.
  public func write(_ text: String) async throws {
    if !text.isEmpty { try await send(ByteBuffer(string: text)) }
  }

  /// Sends a buffer without copying it.
  public func write(buffer: ByteBuffer) async throws {
    if buffer.readableBytes > 0 { try await send(buffer) }
  }

  /// Whether the client already has the head, so that an error can no longer change the status.
  var hasStarted: Bool { state.withLock { $0.head == nil } }

  /// The end of the body. Returns whether the connection can carry another response.
  func finish() async throws -> Bool {
    let (last, complete) = state.withLock { state -> (ByteBuffer, Bool) in
      state.ended = true
      var last = state.head ?? ByteBuffer()
      state.head = nil
      switch state.framing {
      case .chunked:
        last.writeStaticString("0\r\n\r\n")
        return (last, true)
      case .length(let left): return (last, left == 0)
      case .untilClose: return (last, false)
      case .none: return (last, true)
      }
    }
    if last.readableBytes > 0 { try await outbound.write(last) }
    return complete
  }

  private func send(_ bytes: ByteBuffer?) async throws {
    let pieces = try state.withLock { state throws(HTTPServiceError) -> [ByteBuffer] in
      guard !state.ended else { throw HTTPServiceError(.misuse, "the response has already ended") }
      // Checked before the head goes out, so that the mistake still becomes an error response.
      if case .length(let left) = state.framing, let bytes, bytes.readableBytes > left {
        throw HTTPServiceError(.misuse, "the response is longer than its Content-Length")
      }
      let head = state.head
      state.head = nil
      guard let bytes else { return head.map { [$0] } ?? [] }
      switch state.framing {
      case .chunked: return Self.chunk(bytes, after: head)
      case .length(let left):
        state.framing = .length(left - bytes.readableBytes)
        return head.map { [$0, bytes] } ?? [bytes]
      case .untilClose: return head.map { [$0, bytes] } ?? [bytes]
      case .none: return head.map { [$0] } ?? []
      }
    }
    for piece in pieces { try await outbound.write(piece) }
  }

  /// One chunk (RFC 9112, section 7.1): small ones in one buffer, so that they cost one system call; large ones
  /// uncopied.
  private static func chunk(_ bytes: ByteBuffer, after head: ByteBuffer?) -> [ByteBuffer] {
    var first = head ?? ByteBufferAllocator().buffer(capacity: min(bytes.readableBytes, 32_768) + 16)
    first.writeString(String(bytes.readableBytes, radix: 16))
    first.writeStaticString("\r\n")
    if bytes.readableBytes <= 32_768 {
      first.writeImmutableBuffer(bytes)
      first.writeStaticString("\r\n")
      return [first]
    }
    return [first, bytes, ByteBuffer(staticString: "\r\n")]
  }
}
