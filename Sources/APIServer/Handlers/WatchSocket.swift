import HTTPService
import NIOCore

/// A watch over WebSocket: a text frame an event (Kubernetes API concepts; kube-apiserver serves any watch that way).
enum WatchSocket {
  /// Nothing is expected from the client but that it stays.
  static func options(for request: Request) -> WebSocketOptions {
    // Whoever names subprotocols, as browsers with a token must, wants one of them back; none of them means anything.
    WebSocketOptions(protocols: BearerTokens.plainSubprotocols(of: request), receives: false)
  }

  /// Sends events, a message each: a line of JSON, which has no line break within, or the content of a frame of protobuf.
  static func send(
    _ events: ByteBuffer, _ encoding: ResponseForm.Encoding, on socket: WebSocketConnection
  ) async throws {
    var events = events
    if encoding == .protobuf {
      while let size = events.readInteger(as: UInt32.self), let event = events.readSlice(length: Int(size)) {
        try await socket.send(WebSocketMessage(.binary, event))
      }
      return
    }
    while let end = events.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
      let event = events.readSlice(length: end - events.readerIndex + 1)
    {
      try await socket.send(WebSocketMessage(.text, event))
    }
  }
}
