import NIOCore
import Synchronization

/// The body of a streamed response on HTTP/1.1 (RFC 9112, section 6).
final class HTTP1Body: ResponseBody {
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
  private let exchange: HTTP1Exchange
  /// Whether the connection can carry another response after this one.
  private let keepAlive: Bool
  /// Of other bodies on the connection.
  private let broadcastBefore: Int

  init(head: ByteBuffer, framing: Framing, keepAlive: Bool, exchange: HTTP1Exchange) {
    state = Mutex(State(framing: framing, head: head))
    self.keepAlive = keepAlive
    self.exchange = exchange
    broadcastBefore = exchange.outbound.broadcastCount
  }

  var hasStarted: Bool { state.withLock { $0.head == nil } }

  func start() async throws { try await send(nil) }

  func write(_ bytes: ByteBuffer) async throws { try await send(bytes) }

  /// Only after the head, and where no length was promised: that is a stream without an end.
  var broadcastTarget: Broadcast.Target? {
    state.withLock { state in
      guard state.head == nil, !state.ended else { return nil }
      return switch state.framing {
      case .chunked: Broadcast.Target(stream: exchange.outbound, isChunked: true)
      case .untilClose: Broadcast.Target(stream: exchange.outbound)
      case .length, .none: nil
      }
    }
  }

  var broadcastCount: Int { exchange.outbound.broadcastCount - broadcastBefore }

  func finish() async throws {
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
    if last.readableBytes > 0 { try await exchange.outbound.write(last) }
    exchange.finish(keepAlive: keepAlive && complete)
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
    if !pieces.isEmpty { try await exchange.outbound.write(pieces) }
  }

  /// One chunk (RFC 9112, section 7.1): small ones in one buffer, so that they cost one record or system call; large
  /// ones uncopied.
  private static func chunk(_ bytes: ByteBuffer, after head: ByteBuffer?) -> [ByteBuffer] {
    let copies = bytes.readableBytes <= 32_768
    var first = head ?? ByteBufferAllocator().buffer(capacity: copies ? bytes.readableBytes + 16 : 16)
    if copies {
      writeChunk(bytes, to: &first)
      return [first]
    }
    first.writeString(String(bytes.readableBytes, radix: 16))
    first.writeStaticString("\r\n")
    return [first, bytes, ByteBuffer(staticString: "\r\n")]
  }

  /// One chunk in one buffer.
  static func writeChunk(_ bytes: ByteBuffer, to buffer: inout ByteBuffer) {
    buffer.writeString(String(bytes.readableBytes, radix: 16))
    buffer.writeStaticString("\r\n")
    buffer.writeImmutableBuffer(bytes)
    buffer.writeStaticString("\r\n")
  }
}
