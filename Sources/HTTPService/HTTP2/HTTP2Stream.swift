import NIOCore
import NIOHPACK
import NIOHTTP2

/// One stream of an HTTP/2 connection, a request and its response, on the connection's event loop.
final class HTTP2Stream: ChannelInboundHandler {
  typealias InboundIn = HTTP2Frame.FramePayload
  typealias OutboundOut = HTTP2Frame.FramePayload

  private let connection: HTTP2Connection
  let direct: DirectStream
  private var context: ChannelHandlerContext?
  private var exchange: HTTP2Exchange?
  private var task: Task<Void, Never>?
  /// The request's task starts once as much of its body as is there has been taken.
  private var isDue = false
  private var receiving = true
  private var headSent = false
  private var responseEnded = false
  /// Of a body whose length the head has promised.
  private var lengthLeft: Int?
  private var continueDue = false
  private var cancelsOnShutdown = false
  /// The response is of no use any more, whichever task makes it.
  private var isCancelled = false

  init(_ connection: HTTP2Connection, _ id: HTTP2StreamID) {
    self.connection = connection
    direct = connection.direct.opened(UInt32(Int(id)))
  }

  /// What sends its DATA where that goes past NIO.
  var frames: DirectFrames { connection.direct }

  // MARK: Events of the channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    connection.opened(self)
  }

  func channelActive(context: ChannelHandlerContext) { context.read() }

  func channelInactive(context: ChannelHandlerContext) {
    exchange?.body.finish(HTTPServiceError.closed)
    exchange?.outbound.close()
    task?.cancel()
    task = nil
    isDue = false
    exchange = nil
    self.context = nil
    connection.direct.closed(direct)
    connection.closed(self)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .headers(let headers):
      if headers.endStream { received() }
      // A second header block is the trailers.
      if exchange == nil { begin(headers.headers) }
    case .data(let data):
      if case .byteBuffer(let bytes) = data.data, !responseEnded { exchange?.body.append(bytes) }
      if data.endStream { received() }
    default: break
    }
  }

  /// The client has sent all of its request.
  private func received() {
    receiving = false
    // What came after the end of the response was thrown away.
    if responseEnded { exchange?.body.finish(HTTPServiceError.closed) } else { exchange?.body.finish() }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if isDue, let exchange {
      isDue = false
      let task = connection.core.start(exchange)
      // It may have answered already, or have left the rest to another task, on this thread.
      if !responseEnded, self.task == nil { self.task = task }
    }
    readIfWanted()
  }

  func isCurrent(_ exchange: HTTP2Exchange) -> Bool { self.exchange === exchange && !responseEnded }

  /// The response goes on in another task.
  func goOn(in successor: Task<Void, Never>) {
    if isCancelled { successor.cancel() }
    task = successor
  }

  private func cancel() {
    isCancelled = true
    task?.cancel()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func readIfWanted() {
    guard let context, receiving, let exchange else { return }
    if responseEnded || exchange.body.wantsMore() { context.read() }
  }

  // MARK: The request

  private func begin(_ fields: HPACKHeaders) {
    guard let context else { return }
    let ended = !receiving
    let core = connection.core
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let reader = HTTP2HeadReader(fields: fields, maximumFields: core.configuration.limits.headerFields)
    let body =
      ended ? InboundStream() : InboundStream(paused: reader.expectsContinue) { bound.execute { $0.demanded() } }
    var (target, headers, length) = (RequestTarget.none, Headers(), 0 as Int?)
    var failure: HTTPServiceError?
    do { (target, headers, length) = try reader.read() } catch { failure = error }
    continueDue = reader.expectsContinue && !ended
    let request = Request(
      method: reader.method, target: target, headers: headers,
      body: RequestBody(stream: body, declaredLength: ended ? 0 : length, limit: core.configuration.limits.bodyBytes),
      connection: connection.info, upgrade: [])
    let exchange = HTTP2Exchange(request, body: body, stream: bound, connection: connection)
    self.exchange = exchange
    if connection.running.value > 2 * core.configuration.http2.concurrentStreams { return reset(.refusedStream) }
    guard let failure else {
      isDue = true
      return
    }
    let (response, bytes) = core.errorResponse(failure)
    exchange.send(response, bytes)
  }

  /// The handler wants more of the body than is there.
  private func demanded() {
    if continueDue, !headSent {
      continueDue = false
      direct.headComes()
      context?.writeAndFlush(wrapOutboundOut(.headers(.init(headers: [":status": "100"]))), promise: nil)
    }
    readIfWanted()
  }

  // MARK: The response

  func sendHead(_ headers: HPACKHeaders, flush: Bool) {
    guard let context, !headSent else { return }
    headSent = true
    direct.headComes()
    context.write(wrapOutboundOut(.headers(.init(headers: headers))), promise: nil)
    // NIO counts what it sends of a promised length.
    lengthLeft = headers.first(name: "content-length").flatMap { Int($0) }
    guard lengthLeft == nil, let exchange else {
      if flush { context.flush() }
      return
    }
    direct.begin(exchange.outbound) { [unowned self] in reset(.flowControlError) }
    context.flush()
  }

  /// A whole response; nil for one without a body.
  func send(_ headers: HPACKHeaders, _ bytes: ByteBuffer?) {
    guard let context, !headSent else { return }
    headSent = true
    direct.headComes()
    let written = context.eventLoop.makePromise(of: Void.self)
    context.write(
      wrapOutboundOut(.headers(.init(headers: headers, endStream: bytes == nil))), promise: bytes == nil ? written : nil
    )
    if let bytes {
      context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(bytes), endStream: true))), promise: written)
    }
    ended(written.futureResult)
  }

  /// Sends what the task has queued.
  func writeStreamed() {
    guard let exchange else { return }
    if direct.isDirect, !responseEnded { return connection.direct.drain(direct) }
    write(exchange.outbound.take())
  }

  /// Sends pieces through NIO.
  func write(_ pieces: [ByteBuffer]) {
    guard let exchange else { return }
    let count = pieces.readableBytes
    guard let context, !responseEnded, let last = pieces.last else { return exchange.outbound.completed(count) }
    for piece in pieces.dropLast() {
      context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(piece)))), promise: nil)
    }
    let promise = context.eventLoop.makePromise(of: Void.self)
    let outbound = exchange.outbound
    promise.futureResult.whenComplete { _ in outbound.completed(count) }
    lengthLeft = lengthLeft.map { $0 - count }
    // The end comes with the last of a promised length: an empty frame of NIO's that waits for a window which a client has
    // made less than nothing ends the process (swift-nio-http2 1.46).
    let ends = lengthLeft == 0
    context.writeAndFlush(wrapOutboundOut(.data(.init(data: .byteBuffer(last), endStream: ends))), promise: promise)
    if ends { ended(promise.futureResult) }
  }

  /// The end of a streamed response.
  func finish() {
    // What was offered last may still wait to be drained.
    writeStreamed()
    guard let context, !responseEnded else { return }
    if !direct.pieces.isEmpty { return direct.whenEmpty = { [unowned self] in finish() } }
    let written = context.eventLoop.makePromise(of: Void.self)
    context.write(wrapOutboundOut(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true))), promise: written)
    ended(written.futureResult)
  }

  /// - Parameter written: done when the whole response has gone out.
  private func ended(_ written: EventLoopFuture<Void>) {
    responseEnded = true
    task = nil
    guard receiving, let context else {
      context?.flush()
      return
    }
    // What is left of the request's body is of no use any more (RFC 9113, section 8.1). The client is told when it has the
    // response: a reset takes along what still waits for the client's window.
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    written.whenSuccess { bound.value.stopReceiving() }
    context.flush()
  }

  private func stopReceiving() {
    guard receiving else { return }
    context?.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
  }

  func reset(_ code: HTTP2ErrorCode) {
    guard let context, !responseEnded else { return }
    responseEnded = true
    context.writeAndFlush(wrapOutboundOut(.rstStream(code)), promise: nil)
  }

  // MARK: Shutdown

  /// The client opens no more streams on this connection.
  func endConnection() { connection.endWithStreams() }

  func markEndsWithServer() {
    cancelsOnShutdown = true
    if connection.core.isDraining { cancel() }
  }

  func drain() { if cancelsOnShutdown { cancel() } }
}
