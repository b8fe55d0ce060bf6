import Linux
import NIOCore
import Synchronization

/// What all connections of a server share: the handler, the limits, who is connected.
final class ServerCore: Sendable {
  private struct State {
    var connections: [ObjectIdentifier: NIOLoopBound<ConnectionHandler>] = [:]
    /// Requests whose task has not ended.
    var tasks = 0
    var draining = false
    /// Resumed with whether all is quiet.
    var quiet: CheckedContinuation<Bool, Never>?
    var dateSecond: Int64 = -1
    var date = ""
  }

  let configuration: ServerConfiguration
  let idleTimeout: TimeAmount
  private let handler: Handler
  private let renderError: @Sendable (any Error, Request?) -> Response
  private let state = Mutex(State())

  init(
    configuration: ServerConfiguration, renderError: @escaping @Sendable (any Error, Request?) -> Response,
    handler: @escaping Handler
  ) {
    self.configuration = configuration
    self.renderError = renderError
    self.handler = handler
    idleTimeout = TimeAmount(configuration.idleTimeout)
  }

  // MARK: Connections

  /// Returns false where there are too many, or the server shuts down.
  func register(_ connection: NIOLoopBound<ConnectionHandler>) -> Bool {
    let id = ObjectIdentifier(connection.value)
    return state.withLock { state in
      guard !state.draining, state.connections.count < configuration.maximumConnections else { return false }
      state.connections[id] = connection
      return true
    }
  }

  func unregister(_ connection: NIOLoopBound<ConnectionHandler>) {
    let id = ObjectIdentifier(connection.value)
    leave { $0.connections.removeValue(forKey: id) }
  }

  private func leave(_ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      guard state.connections.isEmpty, state.tasks == 0 else { return nil as CheckedContinuation<Bool, Never>? }
      defer { state.quiet = nil }
      return state.quiet
    }?.resume(returning: true)
  }

  var isDraining: Bool { state.withLock { $0.draining } }

  var connectionCount: Int { state.withLock { $0.connections.count } }

  /// How long a task may take to notice that it was cancelled.
  private static let cancellationTime = Duration.seconds(1)

  /// Ends every connection: idle ones now, busy ones after their response, all of them after `limit`.
  /// Returns false where a handler ignores that it was cancelled and may still use the event loop.
  func drain(within limit: Duration) async -> Bool {
    let connections = state.withLock { state in
      state.draining = true
      return Array(state.connections.values)
    }
    for connection in connections { connection.execute { $0.drain() } }
    let deadline = Task {
      try await Task.sleep(for: limit)
      for connection in state.withLock({ Array($0.connections.values) }) { connection.execute { $0.closeNow() } }
      try await Task.sleep(for: Self.cancellationTime)
      state.withLock { state in
        defer { state.quiet = nil }
        return state.quiet
      }?.resume(returning: false)
    }
    let quiet = await withCheckedContinuation { continuation in
      let now = state.withLock { state in
        if state.connections.isEmpty, state.tasks == 0 { return true }
        state.quiet = continuation
        return false
      }
      if now { continuation.resume(returning: true) }
    }
    deadline.cancel()
    return quiet
  }

  // MARK: One request

  /// Answers a request in a task of its own.
  func start(_ request: Request, _ exchange: Exchange) -> Task<Void, Never> {
    state.withLock { $0.tasks += 1 }
    return Task {
      await serve(request, exchange)
      leave { $0.tasks -= 1 }
    }
  }

  private func serve(_ request: Request, _ exchange: Exchange) async {
    do {
      let response = try await handler(request)
      switch response.body {
      case .bytes(let bytes): send(response, bytes, exchange)
      case .stream(let endsWithServer, let body):
        if request.method == .head {
          send(response, ByteBuffer(), exchange)
        } else {
          await stream(response, endsWithServer, body, request, exchange)
        }
      case .takeover(let body): try await takeOver(response, body, request, exchange)
      }
    } catch {
      sendError(error, request, exchange)
    }
  }

  private func send(_ response: Response, _ bytes: ByteBuffer, _ exchange: Exchange) {
    let keepAlive = keepsAlive(exchange)
    let isHead = exchange.head.method == .head
    var headers = fields(response.headers, keepAlive: keepAlive, exchange: exchange)
    if !response.status.forbidsBody {
      let promised = isHead ? response.headers["Content-Length"] : nil
      headers.add("Content-Length", promised ?? String(bytes.readableBytes))
    }
    let omitted = isHead || response.status.forbidsBody
    let inline = !omitted && bytes.readableBytes <= 65_536
    var buffer = ByteBufferAllocator().buffer(capacity: 320 + (inline ? bytes.readableBytes : 0))
    ResponseHead.write(response.status, headers, minorVersion: exchange.head.minorVersion, into: &buffer)
    if inline { buffer.writeImmutableBuffer(bytes) }
    exchange.send(omitted || inline ? [buffer] : [buffer, bytes], keepAlive: keepAlive)
  }

  private func sendError(_ error: any Error, _ request: Request?, _ exchange: Exchange) {
    let response = renderError(error, request)
    send(response, response.wholeBody, exchange)
  }

  /// The response to something that is no request.
  func errorResponse(_ error: any Error) -> ByteBuffer {
    let response = renderError(error, nil)
    var headers = response.headers
    headers["Content-Length"] = String(response.wholeBody.readableBytes)
    headers["Connection"] = "close"
    headers["Date"] = date()
    var buffer = ByteBuffer()
    ResponseHead.write(response.status, headers, minorVersion: 1, into: &buffer)
    buffer.writeImmutableBuffer(response.wholeBody)
    return buffer
  }

  private func stream(
    _ response: Response, _ endsWithServer: Bool, _ body: @Sendable (ResponseWriter) async throws -> Void,
    _ request: Request, _ exchange: Exchange
  ) async {
    var keepAlive = keepsAlive(exchange)
    let framing: ResponseWriter.Framing
    if response.status.forbidsBody {
      framing = .none
    } else if let length = response.headers["Content-Length"].flatMap({ Int($0) }), length >= 0 {
      framing = .length(length)
    } else if exchange.head.minorVersion == 1 {
      framing = .chunked
    } else {
      framing = .untilClose
      keepAlive = false
    }
    var headers = fields(response.headers, keepAlive: keepAlive, exchange: exchange)
    switch framing {
    case .length(let length): headers.add("Content-Length", String(length))
    case .chunked: headers.add("Transfer-Encoding", "chunked")
    case .untilClose, .none: break
    }
    var head = ByteBufferAllocator().buffer(capacity: 512)
    ResponseHead.write(response.status, headers, minorVersion: exchange.head.minorVersion, into: &head)
    if endsWithServer { exchange.endsWithServer() }
    let writer = ResponseWriter(head: head, framing: framing, outbound: exchange.outbound)
    do {
      do {
        try await body(writer)
      } catch is CancellationError where endsWithServer && isDraining {
        // The stream's regular end.
      }
      exchange.finish(keepAlive: try await writer.finish() && keepAlive)
    } catch {
      if writer.hasStarted { exchange.abort() } else { sendError(error, request, exchange) }
    }
  }

  private func takeOver(
    _ response: Response, _ body: @Sendable (RawConnection) async throws -> Void, _ request: Request,
    _ exchange: Exchange
  ) async throws {
    // What the handler left of the body is not the new protocol's.
    var rest = 0
    while let bytes = try await exchange.body.next() {
      rest += bytes.readableBytes
      if rest > ConnectionHandler.drainLimit { throw RequestBody.tooLarge(ConnectionHandler.drainLimit) }
    }
    let granted = exchange.head.minorVersion == 1 ? exchange.head.upgrade.first : nil
    var headers = Headers()
    for field in response.headers where !Self.ownFields.contains(where: { field.name.equalsIgnoringCase($0) }) {
      headers.fields.append(field)
    }
    if let granted {
      headers.add("Connection", "Upgrade")
      headers.add("Upgrade", granted)
    }
    var head = ByteBuffer()
    ResponseHead.write(
      granted == nil ? .ok : .switchingProtocols, headers, minorVersion: exchange.head.minorVersion, into: &head)
    let inbound = exchange.makeInbound()
    exchange.takeOver(head, inbound)
    let connection = RawConnection(upgrade: granted, inbound: inbound, outbound: exchange.outbound) {
      exchange.closeOutput()
    }
    do { try await body(connection) } catch {
      // The other protocol has its own way to tell errors, and the body has used it: only the closing is left.
    }
    exchange.finish(keepAlive: false)
  }

  // MARK: The head of a response

  private static let ownFields = ["Content-Length", "Transfer-Encoding", "Connection", "Upgrade"]

  private func fields(_ given: Headers, keepAlive: Bool, exchange: Exchange) -> Headers {
    var headers = Headers()
    headers.fields.reserveCapacity(given.count + 3)
    var dated = false
    for field in given where !Self.ownFields.contains(where: { field.name.equalsIgnoringCase($0) }) {
      if field.name.equalsIgnoringCase("Date") { dated = true }
      headers.fields.append(field)
    }
    if !dated { headers.add("Date", date()) }
    if !keepAlive {
      headers.add("Connection", "close")
    } else if exchange.head.minorVersion == 0 {
      headers.add("Connection", "keep-alive")
    }
    return headers
  }

  /// Whether the connection can serve another request after this one.
  private func keepsAlive(_ exchange: Exchange) -> Bool {
    guard exchange.head.keepAlive, !isDraining else { return false }
    if exchange.body.isComplete { return true }
    // A client that waits for "100 Continue" and gets a final response may send its body or not: nobody can tell.
    if exchange.head.expectsContinue, !exchange.body.isTouched { return false }
    if case .length(let length) = exchange.head.framing { return length <= ConnectionHandler.drainLimit }
    return true
  }

  private func date() -> String {
    let second = Clock.realtime / 1_000_000_000
    return state.withLock { state in
      if state.dateSecond != second {
        state.dateSecond = second
        state.date = HTTPDate.format(seconds: second)
      }
      return state.date
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
