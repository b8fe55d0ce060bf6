import NIOCore

/// What a handler answers.
///
/// `Content-Length`, `Transfer-Encoding`, `Connection`, `Upgrade` and `Date` are the server's business: it derives them
/// from the body and the connection. Only a stream whose length is known may bring a `Content-Length`, and `Connection:
/// close` ends the connection after the response (RFC 9112, section 9.6; with HTTP/2 once its other streams have ended).
public struct Response: Sendable {
  /// What follows the head.
  public enum Body: Sendable {
    case bytes(ByteBuffer)
    /// Written piece by piece by the closure, which runs in the request's task after the handler returned. The head is
    /// sent with the first piece, so an error thrown before that still becomes a whole error response.
    case stream(StreamOptions, @Sendable (ResponseWriter) async throws -> Void)
    /// The connection changes its protocol.
    case takeover(Takeover)
  }

  public var status: Status
  public var headers: Headers
  public var body: Body

  public init(_ status: Status, headers: Headers = Headers(), buffer: ByteBuffer) {
    self.status = status
    self.headers = headers
    body = .bytes(buffer)
  }

  public init(_ status: Status, headers: Headers = Headers(), bytes: some Sequence<UInt8> = EmptyCollection()) {
    self.init(status, headers: headers, buffer: ByteBuffer(bytes: bytes))
  }

  /// Whether it is written piece by piece, and comes to an end of its own.
  public var isFiniteStream: Bool {
    if case .stream(let options, _) = body { return !options.endsWithServer }
    return false
  }

  /// Whether the handler wants no further request on the connection, which it says as with HTTP/1.1.
  var endsConnection: Bool { headers["Connection"].map { $0.equalsIgnoringCase("close") } ?? false }

  /// Text with its content type.
  public init(_ status: Status, text: String, type: String = "text/plain; charset=utf-8") {
    self.init(status, headers: ["Content-Type": type], buffer: ByteBuffer(string: text))
  }

  private init(_ status: Status, _ headers: Headers, _ body: Body) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// A response that is written while it comes into being.
  /// - Parameters:
  ///   - endsWithServer: the stream has no end of its own (`events`, a watch): a server that shuts down cancels it at
  ///     once instead of waiting for it.
  ///   - compresses: where the server compresses and the client takes it, a body beyond the threshold is compressed.
  ///     The first bytes then wait until the threshold is passed or the body ends: for lists, not for watches.
  public static func stream(
    _ status: Status = .ok, headers: Headers = Headers(), endsWithServer: Bool = false, compresses: Bool = false,
    _ body: @escaping @Sendable (ResponseWriter) async throws -> Void
  ) -> Response {
    let options = StreamOptions(endsWithServer: endsWithServer, compresses: compresses)
    return Response(status, headers, .stream(options, body))
  }

  /// Takes the connection over (`docker attach`, `docker exec`, `POST /session`): answers 101 with the first protocol
  /// that the client offered, or 200 without a length where it offered none, as dockerd does, and gives the bytes of
  /// both directions to `body`. When `body` returns, the connection is closed after what was written has been sent.
  ///
  /// HTTP/2 has no such change of protocol: there the request fails with 505.
  /// - Parameter headers: such as `Content-Type: application/vnd.docker.raw-stream`.
  public static func takeover(
    headers: Headers = Headers(), _ body: @escaping @Sendable (RawConnection) async throws -> Void
  ) -> Response {
    Response(.switchingProtocols, headers, .takeover(Takeover(protocol: nil, run: body)))
  }

  /// Switches to a protocol that the handler has chosen among those of `Request.upgrade` (`websocket`, `SPDY/3.1`).
  /// - Parameters:
  ///   - name: as it stands in the response's `Upgrade` field. A client that did not offer it gets 400.
  ///   - headers: what the protocol's handshake says besides.
  public static func upgrade(
    to name: String, headers: Headers = Headers(), _ body: @escaping @Sendable (RawConnection) async throws -> Void
  ) -> Response {
    Response(.switchingProtocols, headers, .takeover(Takeover(protocol: name, run: body)))
  }
}

/// How a response is streamed; see `Response.stream`.
public struct StreamOptions: Sendable {
  public var endsWithServer: Bool
  public var compresses: Bool
}

/// What happens with a connection that no longer speaks HTTP; see `Response.takeover` and `Response.upgrade`.
public struct Takeover: Sendable {
  /// The protocol that the handler has chosen; nil for what dockerd does.
  public let `protocol`: String?
  let run: @Sendable (RawConnection) async throws -> Void
}

/// Answers one request. It runs in a task of its own, which is cancelled when the client goes away.
public typealias Handler = @Sendable (Request) async throws -> Response

/// Stands before a handler: looks at the request, hands it on (changed or not), looks at the response.
public typealias Middleware = @Sendable (Request, Handler) async throws -> Response

/// Wraps `handler` in `middleware`; the first one is the outermost.
public func chain(_ middleware: [Middleware], _ handler: @escaping Handler) -> Handler {
  middleware.reversed().reduce(handler) { next, layer in { request in try await layer(request, next) } }
}
