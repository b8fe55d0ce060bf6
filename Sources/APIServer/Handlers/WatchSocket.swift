import HTTPService
import NIOCore

/// A watch over WebSocket: a text frame an event (Kubernetes API concepts; kube-apiserver serves any watch that way).
enum WatchSocket {
  /// Nothing is expected from the client but that it stays.
  static func options(for request: Request) -> WebSocketOptions {
    // Whoever names subprotocols, as browsers with a token must, wants one of them back; none of them means anything.
    WebSocketOptions(protocols: BearerTokens.plainSubprotocols(of: request), receives: false)
  }

  /// Sends events. Each ends with a line break, and there is none within: the JSON that is served has none.
  static func send(_ events: ByteBuffer, on socket: WebSocketConnection) async throws {
    var events = events
    while let end = events.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
      let event = events.readSlice(length: end - events.readerIndex + 1)
    {
      try await socket.send(WebSocketMessage(.text, event))
    }
  }
}
