import NIOCore

/// What all connections of a server share: the handler, the limits, who is connected.
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
  func start(_ request: Request, _ exchange: any Exchange) -> Task<Void, Never> {
    registry.taskStarts()
    if configuration.handlersStartOnEventLoop {
      guard let handlerTime = configuration.handlerTime else {
        return Task.immediate {
          await serve(request, exchange)
          registry.taskEnded()
        }
      }
      let deadline = RequestDeadline()
      let task = Task.immediate {
        await serve(request, exchange, deadline)
        registry.taskEnded()
      }
      // It has waited for something.
      if !deadline.isOver, let limit = handlerTime(request) { deadline.arm(limit, cancelling: task) }
      return task
    }
    return Task {
      await serve(request, exchange)
      registry.taskEnded()
    }
  }

  private func serve(_ request: Request, _ exchange: any Exchange, _ deadline: RequestDeadline? = nil) async {
    do {
      defer { deadline?.end() }
      var request = request
      if let session = request.session { request.connection.tls = await session.current() }
      let response = try await handler(request)
      deadline?.end()
      switch response.body {
      case .bytes(let bytes): await send(response, bytes, request, exchange)
      case .stream(let options, let body):
        if request.method == .head {
          exchange.send(response, ByteBuffer())
        } else {
          await stream(response, options, body, request, exchange)
        }
      case .takeover(let takeover): try await exchange.takeOver(takeover, response.headers)
      }
    } catch {
      sendError(error, request, exchange)
    }
  }

  private func send(_ response: Response, _ bytes: ByteBuffer, _ request: Request, _ exchange: any Exchange) async {
    guard let compression = configuration.compression, compression.applies(to: response, bytes, request) else {
      return exchange.send(response, bytes)
    }
    // Not on the event loop, where the handler may have started.
    if configuration.handlersStartOnEventLoop { await Task.yield() }
    do {
      let compressed = try GzipEncoder.encode(bytes)
      exchange.send(Compression.labelled(response), compressed)
    } catch {
      sendError(error, request, exchange)
    }
  }

  private func sendError(_ error: any Error, _ request: Request, _ exchange: any Exchange) {
    let (response, body) = errorResponse(error, request)
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

  private func stream(
    _ response: Response, _ options: StreamOptions, _ write: @Sendable (ResponseWriter) async throws -> Void,
    _ request: Request, _ exchange: any Exchange
  ) async {
    if options.endsWithServer { exchange.endsWithServer() }
    let body: any ResponseBody
    if options.compresses, let compression = configuration.compression, compression.applies(to: response, request) {
      body = GzipBody(response, threshold: compression.threshold, exchange)
    } else {
      body = exchange.makeBody(of: response)
    }
    let writer = ResponseWriter(body)
    do {
      do {
        try await write(writer)
      } catch is CancellationError where options.endsWithServer && isDraining {
        // The stream's regular end.
      }
      try await writer.finish()
    } catch {
      if body.hasStarted { exchange.abort() } else { sendError(error, request, exchange) }
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
