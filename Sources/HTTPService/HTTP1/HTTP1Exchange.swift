import NIOCore

/// A request and its response on an HTTP/1.1 connection: decides the framing and whether the connection lives on.
final class HTTP1Exchange: Exchange {
  let request: Request
  let body: InboundStream
  let outbound: OutboundStream
  private let connection: NIOLoopBound<HTTP1Connection>
  private let core: ServerCore

  private let minorVersion: Int
  private let framing: RequestHead.Framing
  private let clientKeepsAlive: Bool
  private let expectsContinue: Bool

  init(
    _ request: Request, _ head: RequestHead, body: InboundStream, outbound: OutboundStream,
    connection: NIOLoopBound<HTTP1Connection>, core: ServerCore
  ) {
    self.request = request
    minorVersion = head.minorVersion
    framing = head.framing
    clientKeepsAlive = head.keepAlive
    expectsContinue = head.expectsContinue
    self.body = body
    self.outbound = outbound
    self.connection = connection
    self.core = core
  }

  private func onLoop(_ action: @escaping @Sendable (HTTP1Connection) -> Void) {
    connection.execute { if $0.isCurrent(self) { action($0) } }
  }

  // MARK: Whole responses

  /// Bodies up to this size are copied behind their head, so that both leave in one piece.
  private static let inlineLimit = 65_536

  func send(_ response: Response, _ bytes: ByteBuffer) {
    let keepAlive = keepsAlive && !response.endsConnection
    let isHead = request.method == .head
    let omitted = isHead || response.status.forbidsBody
    let inline = !omitted && bytes.readableBytes <= Self.inlineLimit
    var buffer = ByteBufferAllocator().buffer(capacity: 320 + (inline ? bytes.readableBytes : 0))
    startHead(response.status, response.headers, keepAlive: keepAlive, into: &buffer)
    if !response.status.forbidsBody {
      let promised = isHead ? response.headers["Content-Length"] : nil
      ResponseHead.write("Content-Length", promised ?? String(bytes.readableBytes), into: &buffer)
    }
    buffer.writeStaticString("\r\n")
    if inline { buffer.writeImmutableBuffer(bytes) }
    let pieces = omitted || inline ? [buffer] : [buffer, bytes]
    onLoop {
      $0.send(pieces)
      $0.responseEnded(keepAlive: keepAlive)
    }
  }

  /// The whole response to something that is no request.
  static func errorResponse(_ error: any Error, _ core: ServerCore) -> ByteBuffer {
    let (response, body) = core.errorResponse(error)
    var headers = response.headers
    headers["Content-Length"] = String(body.readableBytes)
    headers["Connection"] = "close"
    headers["Date"] = core.date.value()
    var buffer = ByteBuffer()
    ResponseHead.write(response.status, headers, minorVersion: 1, into: &buffer)
    buffer.writeImmutableBuffer(body)
    return buffer
  }

  // MARK: Streams

  func makeBody(of response: Response) -> any ResponseBody {
    var keepAlive = keepsAlive && !response.endsConnection
    let framing: HTTP1Body.Framing
    if response.status.forbidsBody {
      framing = .none
    } else if let length = response.headers["Content-Length"].flatMap({ Int($0) }), length >= 0 {
      framing = .length(length)
    } else if minorVersion == 1 {
      framing = .chunked
    } else {
      framing = .untilClose
      keepAlive = false
    }
    var buffer = ByteBufferAllocator().buffer(capacity: 512)
    startHead(response.status, response.headers, keepAlive: keepAlive, into: &buffer)
    switch framing {
    case .length(let length): ResponseHead.write("Content-Length", String(length), into: &buffer)
    case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
    case .untilClose, .none: break
    }
    buffer.writeStaticString("\r\n")
    return HTTP1Body(head: buffer, framing: framing, keepAlive: keepAlive, exchange: self)
  }

  /// Ends an exchange whose response was streamed.
  func finish(keepAlive: Bool) { onLoop { $0.responseEnded(keepAlive: keepAlive) } }

  func abort() { onLoop { $0.closeNow() } }

  func endsWithServer() { onLoop { $0.markEndsWithServer() } }

  func goesOn(in task: Task<Void, Never>) {
    let isCancelled = Task.isCancelled
    connection.execute { if isCancelled || !$0.isCurrent(self) { task.cancel() } else { $0.goOn(in: task) } }
  }

  // MARK: Takeover

  func takeOver(_ takeover: Takeover, _ headers: Headers) async throws {
    if let name = takeover.protocol, minorVersion == 0 || !request.upgrade.contains(where: name.equalsIgnoringCase) {
      throw HTTPServiceError.badRequest("the request must offer to switch to \(name) (Upgrade)")
    }
    // What the handler left of the body is not the new protocol's.
    var rest = 0
    while let bytes = try await body.next() {
      rest += bytes.readableBytes
      if rest > HTTP1Connection.drainLimit { throw RequestBody.tooLarge(HTTP1Connection.drainLimit) }
    }
    let granted = takeover.protocol ?? (minorVersion == 1 ? request.upgrade.first : nil)
    var buffer = ByteBuffer()
    if takeover.protocol != nil {
      // What RFC 9110 calls it; "UPGRADED" is dockerd's own word.
      ResponseHead.writeStatusLine(.switchingProtocols, reason: "Switching Protocols", minorVersion: 1, into: &buffer)
    } else {
      ResponseHead.writeStatusLine(
        granted == nil ? .ok : .switchingProtocols, minorVersion: minorVersion, into: &buffer)
    }
    ResponseHead.write(headers, except: ResponseHead.framingFields, into: &buffer)
    if let granted {
      buffer.writeStaticString("Connection: Upgrade\r\n")
      ResponseHead.write("Upgrade", granted, into: &buffer)
    }
    buffer.writeStaticString("\r\n")
    let start = buffer
    let connection = connection
    let inbound = InboundStream { connection.execute { $0.readIfWanted() } }
    connection.execute {
      if $0.isCurrent(self) { $0.takeOver(start, inbound) } else { inbound.finish(HTTPServiceError.closed) }
    }
    let raw = RawConnection(upgrade: granted, inbound: inbound, outbound: outbound) {
      self.onLoop { $0.closeOutput() }
    }
    do { try await takeover.run(raw) } catch {
      // The other protocol has its own way to tell errors, and the body has used it: only the closing is left.
    }
    finish(keepAlive: false)
  }

  // MARK: The head of a response

  private func startHead(_ status: Status, _ headers: Headers, keepAlive: Bool, into buffer: inout ByteBuffer) {
    ResponseHead.writeStatusLine(status, minorVersion: minorVersion, into: &buffer)
    let dated = ResponseHead.write(headers, except: ResponseHead.framingFields, into: &buffer)
    if !dated { ResponseHead.write("Date", core.date.value(), into: &buffer) }
    if !keepAlive {
      buffer.writeStaticString("Connection: close\r\n")
    } else if minorVersion == 0 {
      buffer.writeStaticString("Connection: keep-alive\r\n")
    }
  }

  /// Whether the connection can serve another request after this one.
  private var keepsAlive: Bool {
    guard clientKeepsAlive, !core.isDraining else { return false }
    if body.isComplete { return true }
    // A client that waits for "100 Continue" and gets a final response may send its body or not: nobody can tell.
    if expectsContinue, !body.isTouched { return false }
    if case .length(let length) = framing { return length <= HTTP1Connection.drainLimit }
    return true
  }
}
