import NIOCore

/// What all connections of a server share: the handler, the limits, who is connected.
///
/// A task keeps all the memory that its frames have ever needed: a stream without an end of its own goes on in a new
/// task, so that a watch which waits for its next event does not hold what the answering of its request has taken.
final class ServerCore: Sendable {
  let configuration: ServerConfiguration
  let idleTimeout: TimeAmount
  let registry: ConnectionRegistry
  let date = DateField()
  private let handler: Handler
  private let renderError: @Sendable (any Error, Request?) -> Response

  init(
    configuration: ServerConfiguration, renderError: @escaping @Sendable (any Error, Request?) -> Response,
    handler: @escaping Handler
  ) {
    self.configuration = configuration
    self.renderError = renderError
    self.handler = handler
    idleTimeout = TimeAmount(configuration.idleTimeout)
    registry = ConnectionRegistry(maximum: configuration.maximumConnections)
  }

  var isDraining: Bool { registry.isDraining }

  /// Answers a request in a task of its own.
  func start(_ exchange: any Exchange) -> Task<Void, Never> {
    registry.taskStarts()
    if configuration.handlersStartOnEventLoop {
      guard let handlerTime = configuration.handlerTime else {
        return Task.immediate { [self] in
          await serve(exchange)
          registry.taskEnded()
        }
      }
      let deadline = RequestDeadline()
      let task = Task.immediate { [self] in
        await serve(exchange, deadline)
        registry.taskEnded()
      }
      // It has waited for something.
      if !deadline.isOver, let limit = handlerTime(exchange.request) { deadline.arm(limit, cancelling: task) }
      return task
    }
    return Task { [self] in
      await serve(exchange)
      registry.taskEnded()
    }
  }

  @inline(never) private func serve(_ exchange: any Exchange, _ deadline: RequestDeadline? = nil) async {
    do {
      defer { deadline?.end() }
      let response = try await handle(exchange)
      // What is written piece by piece, and has an end, has the request's time for it: a client that does not read holds
      // what its answer is made of.
      if !response.isFiniteStream { deadline?.end() }
      switch response.body {
      case .bytes(let bytes): await send(response, bytes, exchange)
      case .stream(let options, let write):
        if exchange.request.method == .head {
          exchange.send(response, ByteBuffer())
        } else if options.endsWithServer {
          goOn(with: begin(response, options, exchange), options, write, exchange)
        } else {
          try await stream(begin(response, options, exchange), options, write, exchange)
        }
      case .takeover(let takeover): try await exchange.takeOver(takeover, response.headers)
      }
    } catch {
      sendError(error, exchange)
    }
  }

  @inline(never) private func handle(_ exchange: any Exchange) async throws -> Response {
    if let session = exchange.request.connection.session, session.isStale { await session.refresh() }
    return try await handler(exchange.request)
  }

  @inline(never) private func send(_ response: Response, _ bytes: ByteBuffer, _ exchange: any Exchange) async {
    guard let compression = configuration.compression, compression.applies(to: response, bytes, exchange.request) else {
      return exchange.send(response, bytes)
    }
    // Not on the event loop, where the handler may have started.
    if configuration.handlersStartOnEventLoop { await Task.yield() }
    do {
      let compressed = try GzipEncoder.encode(bytes)
      exchange.send(Compression.labelled(response), compressed)
    } catch {
      sendError(error, exchange)
    }
  }

  @inline(never) private func sendError(_ error: any Error, _ exchange: any Exchange) {
    let (response, body) = errorResponse(error, exchange.request)
    exchange.send(response, body)
  }

  /// The response that tells of an error.
  /// - Parameter request: nil where what came in was none.
  func errorResponse(_ error: any Error, _ request: Request? = nil) -> (response: Response, body: ByteBuffer) {
    var response = renderError(error, request)
    if let error = error as? HTTPServiceError {
      for field in error.headers where !response.headers.contains(field.name) {
        response.headers.add(field.name, field.value)
      }
    }
    return (response, response.wholeBody)
  }

  @inline(never) private func begin(
    _ response: Response, _ options: StreamOptions, _ exchange: any Exchange
  ) -> any ResponseBody {
    if options.endsWithServer { exchange.endsWithServer() }
    if options.compresses, let compression = configuration.compression,
      compression.applies(to: response, exchange.request)
    {
      return GzipBody(response, threshold: compression.threshold, exchange)
    }
    return exchange.makeBody(of: response)
  }

  /// Streams in a task that takes the place of the request's.
  @inline(never) private func goOn(
    with body: any ResponseBody, _ options: StreamOptions,
    _ write: @escaping @Sendable (ResponseWriter) async throws -> Void, _ exchange: any Exchange
  ) {
    registry.taskStarts()
    exchange.goesOn(
      in: Task { [self] in
        do { try await stream(body, options, write, exchange) } catch { sendError(error, exchange) }
        registry.taskEnded()
      })
  }

  /// - Throws: where nothing was sent yet.
  @inline(never) private func stream(
    _ body: any ResponseBody, _ options: StreamOptions, _ write: @Sendable (ResponseWriter) async throws -> Void,
    _ exchange: any Exchange
  ) async throws {
    let writer = ResponseWriter(body)
    do {
      do {
        try await write(writer)
      } catch is CancellationError where options.endsWithServer && isDraining {
        // The stream's regular end.
      }
      try await writer.finish()
    } catch {
      guard body.hasStarted else { throw error }
      exchange.abort()
    }
  }
}

extension Response {
  /// The bytes of an error response; a renderer has nothing to stream.
  fileprivate var wholeBody: ByteBuffer {
    if case .bytes(let bytes) = body { return bytes }
    return ByteBuffer()
  }
}
