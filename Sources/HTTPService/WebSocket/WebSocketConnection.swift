import NIOCore
import Synchronization

/// A connection that speaks WebSocket. One task reads it; any number may send. Pings are answered while somebody reads.
public final class WebSocketConnection: Sendable, AsyncSequence {
  public typealias Element = WebSocketMessage

  private struct State {
    var decoder: WebSocketDecoder
    var closeSent = false
    var peerClose: WebSocketClose?
  }

  /// The protocol that was agreed on (`Sec-WebSocket-Protocol`); nil where the client asked for none.
  public let subprotocol: String?
  private let raw: RawConnection
  private let state: Mutex<State>

  init(_ raw: RawConnection, subprotocol: String?, limit: Int) {
    self.raw = raw
    self.subprotocol = subprotocol
    state = Mutex(State(decoder: WebSocketDecoder(limit: limit)))
  }

  /// How the peer closed, once it has; 1005 where it gave no code.
  public var peerClose: WebSocketClose? { state.withLock { $0.peerClose } }

  // MARK: Reading

  /// The next message, or nil once the peer has closed.
  /// - Throws: `WebSocketClose` where the peer broke the protocol or a limit; it has been told so. `connectionClosed`
  ///   where it went away without closing.
  public func next() async throws -> WebSocketMessage? {
    while true {
      let event: WebSocketDecoder.Event?
      do {
        event = try state.withLock { (state) throws(WebSocketClose) in try state.decoder.next() }
      } catch {
        try await close(error)
        throw error
      }
      switch event {
      case .message(let message): return message
      case .ping(let payload):
        if !state.withLock({ $0.closeSent }) { try await raw.write(WebSocketFrame.pieces(.pong, payload)) }
      case .pong: break
      case .close(let close):
        state.withLock { $0.peerClose = close }
        // The answer repeats the code (RFC 6455, section 5.5.1).
        try await self.close(WebSocketClose(close.code))
        return nil
      case nil:
        if peerClose != nil { return nil }
        guard let bytes = try await raw.nextBuffer() else { throw HTTPServiceError.closed }
        state.withLock { $0.decoder.feed(bytes) }
      }
    }
  }

  public func makeAsyncIterator() -> Iterator { Iterator(connection: self) }

  public struct Iterator: AsyncIteratorProtocol {
    let connection: WebSocketConnection
    public mutating func next() async throws -> WebSocketMessage? { try await connection.next() }
  }

  // MARK: Sending

  /// Sends a message at once; waits while the client is slow.
  /// - Throws: `connectionClosed`.
  public func send(_ message: WebSocketMessage) async throws {
    guard !state.withLock({ $0.closeSent }) else { throw HTTPServiceError.closed }
    try await raw.write(WebSocketFrame.pieces(message.kind == .text ? .text : .binary, message.buffer))
  }

  /// Sends a message of text.
  public func send(text: String) async throws { try await send(WebSocketMessage(.text, ByteBuffer(string: text))) }

  /// Sends a message of bytes.
  public func send(_ bytes: some Collection<UInt8> & Sendable) async throws {
    try await send(WebSocketMessage(.binary, ByteBuffer(bytes: bytes)))
  }

  /// Asks the client for a sign of life; `next` takes its answer.
  /// - Parameter payload: at most 125 bytes; what is beyond is left out.
  public func ping(_ payload: [UInt8] = []) async throws {
    guard !state.withLock({ $0.closeSent }) else { throw HTTPServiceError.closed }
    let payload = ByteBuffer(bytes: payload.prefix(WebSocketFrame.controlLimit))
    try await raw.write(WebSocketFrame.pieces(.ping, payload))
  }

  /// Sends a Close frame, once; nothing can be sent after it. The handler's return closes the connection.
  public func close(_ close: WebSocketClose = WebSocketClose(1000)) async throws {
    let first = state.withLock { state in
      defer { state.closeSent = true }
      return !state.closeSent
    }
    if first { try await raw.write(WebSocketFrame.pieces(.close, WebSocketFrame.closePayload(close))) }
  }
}
