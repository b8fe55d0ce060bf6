import NIOCore
import NIOHPACK
import NIOHTTP2

/// A request and its response on a stream of an HTTP/2 connection.
final class HTTP2Exchange: Exchange {
  let request: Request
  let body: InboundStream
  let outbound: OutboundStream
  private let stream: NIOLoopBound<HTTP2Stream>
  private let running: HTTP2Connection.Count
  private let core: ServerCore

  init(_ request: Request, body: InboundStream, stream: NIOLoopBound<HTTP2Stream>, connection: HTTP2Connection) {
    self.request = request
    self.body = body
    self.stream = stream
    core = connection.core
    running = connection.running
    outbound = OutboundStream(
      on: stream.eventLoop, drain: { stream.value.writeStreamed() }, send: { stream.value.write([$0]) })
    running.add(1)
  }

  // The request's task is the last to hold the exchange.
  deinit { running.add(-1) }

  private func onLoop(_ action: @escaping @Sendable (HTTP2Stream) -> Void) { stream.execute(action) }

  func send(_ response: Response, _ bytes: ByteBuffer) {
    var headers = fields(of: response)
    if !response.status.forbidsBody {
      let promised = request.method == .head ? response.headers["Content-Length"] : nil
      headers.add(name: "content-length", value: promised ?? String(bytes.readableBytes), indexing: .nonIndexable)
    }
    let omitted = request.method == .head || response.status.forbidsBody || bytes.readableBytes == 0
    let head = headers
    let ends = response.endsConnection
    onLoop { stream in
      // Said first: a client that has its response is quick to send the next request on a connection that it thinks is good.
      if ends { stream.endConnection() }
      stream.send(head, omitted ? nil : bytes)
    }
  }

  func makeBody(of response: Response) -> any ResponseBody {
    var headers = fields(of: response)
    var length: Int?
    if !response.status.forbidsBody, let text = response.headers["Content-Length"], let number = Int(text), number >= 0
    {
      length = number
      headers.add(name: "content-length", value: text)
    }
    if response.endsConnection { onLoop { $0.endConnection() } }
    return HTTP2Body(head: headers, length: response.status.forbidsBody ? 0 : length, exchange: self)
  }

  func abort() { onLoop { $0.reset(.internalError) } }

  func endsWithServer() { onLoop { $0.markEndsWithServer() } }

  func goesOn(in task: Task<Void, Never>) {
    let isCancelled = Task.isCancelled
    onLoop { if isCancelled || !$0.isCurrent(self) { task.cancel() } else { $0.goOn(in: task) } }
  }

  func takeOver(_ takeover: Takeover, _ headers: Headers) async throws {
    throw HTTPServiceError(
      .unsupported, "HTTP/2 cannot change its protocol: send this request with HTTP/1.1", status: .versionNotSupported)
  }

  // MARK: For the body of a stream

  func sendHead(_ headers: HPACKHeaders, flush: Bool) { onLoop { $0.sendHead(headers, flush: flush) } }

  func finish() { onLoop { $0.finish() } }

  /// Only of a stream without an end of its own: see `DirectFrames`.
  var broadcastTarget: Broadcast.Target { Broadcast.Target(stream: outbound, http2: stream) }

  // MARK: The head of a response

  /// Fields that HTTP/2 has no use for (RFC 9113, section 8.2.2), and the length, which is added apart.
  private static let left = [
    "content-length", "transfer-encoding", "connection", "upgrade", "keep-alive", "proxy-connection",
  ]

  private func fields(of response: Response) -> HPACKHeaders {
    var headers = HPACKHeaders()
    headers.reserveCapacity(response.headers.count + 3)
    headers.add(name: ":status", value: String(response.status.code))
    var dated = false
    for field in response.headers {
      let name = field.name.lowercased()
      guard name.isToken, !Self.left.contains(name) else { continue }
      if name == "date" { dated = true }
      headers.add(name: name, value: field.value.isFieldValue ? field.value : field.value.withoutControlCharacters)
    }
    if !dated { headers.add(name: "date", value: core.date.value()) }
    return headers
  }
}

extension String {
  fileprivate var withoutControlCharacters: String {
    String(decoding: utf8.map { $0.isFieldValueByte ? $0 : 0x20 }, as: UTF8.self)
  }
}
