import Crypto
import FoundationEssentials

/// The opening handshake of RFC 6455, section 4.2, on HTTP/1.1.
enum WebSocketHandshake {
  private static let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// The fields of the answer, or what the request has wrong.
  /// - Parameter protocols: those that are served.
  static func answer(
    _ request: Request, protocols: [String]
  ) throws(HTTPServiceError) -> (headers: Headers, subprotocol: String?) {
    guard request.method == .get, request.upgrade.contains("websocket") else {
      throw .badRequest("a WebSocket starts with GET, Connection: Upgrade and Upgrade: websocket")
    }
    guard request.headers.all("Sec-WebSocket-Version") == ["13"] else {
      throw HTTPServiceError(
        .unsupported, "only version 13 of WebSocket is served", status: 426, headers: ["Sec-WebSocket-Version": "13"])
    }
    let keys = request.headers.all("Sec-WebSocket-Key")
    guard keys.count == 1, let key = keys.first, Data(base64Encoded: key)?.count == 16 else {
      throw .badRequest("Sec-WebSocket-Key must be 16 bytes in base64")
    }
    let subprotocol = try choose(request, protocols)
    var headers: Headers = ["Sec-WebSocket-Accept": accept(key)]
    if let subprotocol { headers.add("Sec-WebSocket-Protocol", subprotocol) }
    return (headers, subprotocol)
  }

  static func accept(_ key: String) -> String {
    Data(Insecure.SHA1.hash(data: Data((key + guid).utf8))).base64EncodedString()
  }

  /// The first of the client's protocols that is served; names compare as they are written.
  private static func choose(_ request: Request, _ served: [String]) throws(HTTPServiceError) -> String? {
    let offered = request.headers.all("Sec-WebSocket-Protocol").flatMap { $0.utf8.split(separator: UInt8(ascii: ",")) }
      .map { String(decoding: $0.trimmingBlanks(), as: UTF8.self) }
    guard !offered.isEmpty, !served.isEmpty else { return nil }
    guard let chosen = offered.first(where: served.contains) else {
      throw HTTPServiceError(
        .unsupported, "none of the WebSocket protocols \(offered.joined(separator: ", ")) is served here",
        status: .forbidden)
    }
    return chosen
  }
}

/// How a WebSocket is served.
public struct WebSocketOptions: Sendable {
  /// The subprotocols that are served; the first that the client offers is taken. Empty where the endpoint has none.
  public var protocols: [String]
  /// The most bytes of a message from the client; a larger one ends the connection with 1009.
  public var maximumMessageBytes: Int
  /// Whether the handler reads. Where it does not, what the client sends is read and dropped for it, pings are answered,
  /// and the handler's task is cancelled when the client closes.
  public var receives: Bool

  public init(protocols: [String] = [], maximumMessageBytes: Int = 1_048_576, receives: Bool = true) {
    self.protocols = protocols
    self.maximumMessageBytes = maximumMessageBytes
    self.receives = receives
  }
}

extension Request {
  /// Whether the client asks for a WebSocket.
  public var wantsWebSocket: Bool { upgrade.contains("websocket") }
}

extension Response {
  /// Switches to WebSocket (RFC 6455) and gives the connection to `body`. When it returns, the connection is closed with
  /// 1000; when it throws, with what it threw if that is a `WebSocketClose`, with 1001 when the server shuts down, else
  /// with 1011. Only HTTP/1.1 can switch.
  /// - Throws: `badRequest` or `unsupported` (426, 403) where the handshake is not one that can be answered.
  public static func webSocket(
    _ request: Request, _ options: WebSocketOptions = WebSocketOptions(),
    _ body: @escaping @Sendable (WebSocketConnection) async throws -> Void
  ) throws(HTTPServiceError) -> Response {
    let (headers, subprotocol) = try WebSocketHandshake.answer(request, protocols: options.protocols)
    return .upgrade(to: "websocket", headers: headers) { raw in
      let socket = WebSocketConnection(raw, subprotocol: subprotocol, limit: options.maximumMessageBytes)
      do {
        if options.receives { try await body(socket) } else { try await socket.sendOnly(body) }
        try await socket.close()
      } catch let close as WebSocketClose {
        try await socket.close(close)
      } catch is CancellationError {
        try await socket.close(WebSocketClose(WebSocketClose.goingAway, "the server is shutting down"))
      } catch {
        try await socket.close(WebSocketClose(WebSocketClose.internalError, "\(error)"))
      }
    }
  }
}

extension WebSocketConnection {
  /// Runs `body`, which only sends, beside a reader that drops what comes in and ends both when the client closes.
  fileprivate func sendOnly(_ body: @escaping @Sendable (WebSocketConnection) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { while try await self.next() != nil {} }
      group.addTask { try await body(self) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
