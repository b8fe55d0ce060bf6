import NIOCore

/// One request and its response on their way through a connection, as the request's task sees them. Everything that
/// touches the connection hops to its event loop, once for a whole response.
protocol Exchange: AnyObject, Sendable {
  var request: Request { get }

  /// Sends a whole response and ends the exchange; for HEAD, its head alone.
  func send(_ response: Response, _ bytes: ByteBuffer)

  /// The body of a response that is written piece by piece; its head goes out before the first piece.
  func makeBody(of response: Response) -> any ResponseBody

  /// Cuts the response off, since the client can no longer be told of an error in another way.
  func abort()

  /// The response is one that a shutdown of the server cancels at once.
  func endsWithServer()

  /// The response goes on in another task: it is cancelled where the request's would be, at once if that has been already.
  func goesOn(in task: Task<Void, Never>)

  /// Stops speaking HTTP, runs the takeover's body with the connection and closes it.
  /// - Throws: before anything was sent, where the request or the connection does not allow it.
  func takeOver(_ takeover: Takeover, _ headers: Headers) async throws
}

/// Where a streamed response goes. For one task at a time.
protocol ResponseBody: Sendable {
  /// Whether the client already has the head, so that an error can no longer change the status.
  var hasStarted: Bool { get }

  /// Sends the head now.
  func start() async throws

  /// Sends bytes, and the head before the first of them.
  func write(_ bytes: ByteBuffer) async throws

  /// See `ResponseWriter`.
  var broadcastTarget: Broadcast.Target? { get }

  /// How many bytes of the body came with broadcasts.
  var broadcastCount: Int { get }

  /// The end of the body and of the exchange.
  func finish() async throws
}

extension ResponseBody {
  var broadcastTarget: Broadcast.Target? { nil }
  var broadcastCount: Int { 0 }
}
