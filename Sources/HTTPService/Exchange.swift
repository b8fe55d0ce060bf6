import NIOCore

/// One request and its response on their way through a connection, as the request's task sees them. Everything that
/// touches the connection hops to its event loop, once for a whole response.
final class Exchange: Sendable {
  let head: RequestHead
  let body: InboundStream
  let outbound: OutboundStream
  private let connection: NIOLoopBound<ConnectionHandler>

  init(head: RequestHead, body: InboundStream, outbound: OutboundStream, connection: NIOLoopBound<ConnectionHandler>) {
    self.head = head
    self.body = body
    self.outbound = outbound
    self.connection = connection
  }

  private func onLoop(_ action: @escaping @Sendable (ConnectionHandler) -> Void) {
    connection.execute(action)
  }

  /// Sends a whole response and ends the exchange.
  func send(_ pieces: [ByteBuffer], keepAlive: Bool) {
    onLoop { handler in
      guard handler.isCurrent(self) else { return }
      for piece in pieces { handler.write(piece, flush: false) }
      handler.flush()
      handler.responseEnded(keepAlive: keepAlive)
    }
  }

  /// Ends an exchange whose response was streamed.
  func finish(keepAlive: Bool) {
    onLoop { if $0.isCurrent(self) { $0.responseEnded(keepAlive: keepAlive) } }
  }

  /// Closes the connection, since the client can no longer be told of an error in another way.
  func abort() { onLoop { if $0.isCurrent(self) { $0.closeNow() } } }

  /// The response is one that a shutdown of the server cancels at once.
  func endsWithServer() { onLoop { if $0.isCurrent(self) { $0.markEndsWithServer() } } }

  /// Sends `head`, stops speaking HTTP and hands everything that follows the request to `inbound`.
  func takeOver(_ head: ByteBuffer, _ inbound: InboundStream) {
    onLoop { if $0.isCurrent(self) { $0.takeOver(head, inbound) } else { inbound.finish(HTTPServiceError.closed) } }
  }

  /// Half-closes: the end of a taken-over connection's output.
  func closeOutput() { onLoop { if $0.isCurrent(self) { $0.closeOutput() } } }

  /// A stream for a taken-over connection, which asks this one to read on.
  func makeInbound() -> InboundStream {
    let connection = connection
    return InboundStream { connection.execute { $0.readIfWanted() } }
  }
}

extension NIOLoopBound where Value == ConnectionHandler {
  func execute(_ action: @escaping @Sendable (ConnectionHandler) -> Void) {
    eventLoop.execute { action(self.value) }
  }
}
