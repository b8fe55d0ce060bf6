import NIOCore

/// One HTTP/1.1 connection on its event loop: takes requests apart, starts a task for each, one at a time, and writes
/// what the task answers. Bytes of the next request wait unparsed until the response before it has ended, so pipelined
/// requests are answered in order and a takeover gets every byte after its request.
final class HTTP1Connection: ChannelInboundHandler, ServedConnection {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum Phase {
    /// Waiting for a request.
    case idle
    /// A request is being received, answered, or both.
    case exchange(HTTP1Exchange)
    /// The response has been sent; the rest of the request's body is read and dropped, `left` bytes at most.
    case draining(left: Int)
    case takenOver(HTTP1Exchange, InboundStream)
    /// Our last bytes are on their way; then the sending side closes and what still comes in is dropped. A connection
    /// that is closed with unread bytes resets, and a reset can overtake the response.
    case closing
    case closed
  }

  /// How much of an unread body is worth reading to keep a connection.
  static let drainLimit = 262_144
  /// How much is encrypted before it is sent on: 15 records of the largest size. A connection keeps room for as much as was ever
  /// encrypted at once, as long as it lives, and what is sent soon is still in the processor's cache.
  private static let largestPart = 15 * 16_384
  private static let lingerTime = TimeAmount.milliseconds(500)

  private let core: ServerCore
  private let info: ConnectionInfo
  private var predecessor: (any ServedConnection)?
  private var phase = Phase.idle
  private var parser: RequestParser
  private(set) var pending = ByteBuffer()
  private var context: ChannelHandlerContext?
  private var bound: NIOLoopBound<HTTP1Connection>?
  private var outbound: OutboundStream?
  private var task: Task<Void, Never>?
  /// The request's task starts once as much of its body as is there has been taken.
  private var isDue = false
  /// `process` is on the stack: what it calls must not call it again.
  private var processing = false
  private var flushDue = false
  private var receiving = false
  private var inputEnded = false
  private var outputClosed = false
  private var continueDue = false
  private var cancelsOnShutdown = false
  /// The response that is under way is of no use any more, whichever task makes it.
  private var isCancelled = false
  private var writesUnderWay = 0
  private var lastActivity = NIODeadline.now()
  private var idleTimer: Scheduled<Void>?

  /// - Parameter predecessor: who was registered for this socket before, during its handshake.
  init(core: ServerCore, info: ConnectionInfo, predecessor: (any ServedConnection)? = nil) {
    self.core = core
    self.info = info
    self.predecessor = predecessor
    parser = RequestParser(limits: core.configuration.limits)
  }

  // MARK: Events of the channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    self.bound = bound
    outbound = OutboundStream(
      on: context.eventLoop, drain: { bound.value.writeStreamed() }, send: { bound.value.write([$0]) })
    if context.channel.isActive { opened() }
  }

  func channelActive(context: ChannelHandlerContext) { opened() }

  private func opened() {
    guard let context, idleTimer == nil else { return }
    let connection = NIOLoopBound<any ServedConnection>(self, eventLoop: context.eventLoop)
    if let predecessor {
      core.registry.replace(predecessor, with: connection)
      self.predecessor = nil
    } else if !core.registry.register(connection) {
      closeNow()
      return
    }
    scheduleIdleCheck(after: core.idleTimeout)
    if core.isDraining { return drain() }
    context.read()
  }

  func channelInactive(context: ChannelHandlerContext) {
    switch phase {
    case .exchange(let exchange): exchange.body.finish(HTTPServiceError.closed)
    case .takenOver(_, let inbound): inbound.finish()
    case .idle, .draining, .closing, .closed: break
    }
    phase = .closed
    outbound?.close()
    task?.cancel()
    task = nil
    idleTimer?.cancel()
    isDue = false
    core.registry.unregister(self)
    bound = nil
    outbound = nil
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    switch phase {
    case .takenOver(_, let inbound): inbound.append(bytes)
    case .closing, .closed: break
    case .idle, .exchange, .draining:
      pending.followedBy(bytes)
      process()
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) { readIfWanted() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard let event = event as? ChannelEvent, event == .inputClosed else {
      context.fireUserInboundEventTriggered(event)
      return
    }
    inputEnded = true
    switch phase {
    case .idle, .draining: closeNow()
    case .exchange(let exchange):
      if receiving {
        exchange.body.finish(HTTPServiceError.closed)
        cancel()
      } else if info.peer != .local {
        // TCP cannot tell a client that has left from one that only finished sending: it has left. On a unix socket
        // the kernel tells them apart, and one that left makes the channel inactive.
        cancel()
      }
    case .takenOver(_, let inbound): inbound.finish()
    case .closing: if writesUnderWay == 0 { closeNow() }
    case .closed: break
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { closeNow() }

  // MARK: Reading requests

  /// Takes what can be taken out of the bytes that are there.
  private func process() {
    guard !processing else { return }
    processing = true
    do {
      while try step() {}
    } catch {
      startDue()
      refuse(error)
    }
    processing = false
    // A buffer that is still referred to cannot be used again by those who read the socket and decrypt.
    if pending.readableBytes == 0 { pending = ByteBuffer() }
    if flushDue {
      flushDue = false
      context?.flush()
    }
  }

  /// Takes one event; returns whether there may be another.
  private func step() throws(HTTPServiceError) -> Bool {
    switch phase {
    case .idle:
      guard let event = try parser.next(&pending) else {
        endOfInput()
        return false
      }
      if case .head(let head) = event { try begin(head) }
    case .exchange(let exchange):
      guard receiving, let event = try parser.next(&pending) else {
        startDue()
        // The task may have answered already.
        return !isCurrent(exchange)
      }
      switch event {
      case .body(let bytes): exchange.body.append(bytes)
      case .end:
        receiving = false
        exchange.body.finish()
        startDue()
      case .head: return false
      }
    case .draining(let left):
      guard let event = try parser.next(&pending) else {
        endOfInput()
        return false
      }
      switch event {
      case .body(let bytes) where bytes.readableBytes > left:
        closeAfterWrites()
        return false
      case .body(let bytes): phase = .draining(left: left - bytes.readableBytes)
      case .end: phase = .idle
      case .head: return false
      }
    case .takenOver, .closing, .closed: return false
    }
    return true
  }

  private func endOfInput() { if inputEnded { closeAfterWrites() } }

  private func begin(_ head: RequestHead) throws(HTTPServiceError) {
    guard let bound, let outbound else { return }
    let target = try RequestTarget(head.target)
    lastActivity = .now()
    let body: InboundStream
    let length: Int?
    switch head.framing {
    case .none, .length(0):
      body = InboundStream()
      length = 0
    case .length(let count):
      body = InboundStream(paused: head.expectsContinue) { bound.execute { $0.demanded() } }
      length = count
    case .chunked:
      body = InboundStream(paused: head.expectsContinue) { bound.execute { $0.demanded() } }
      length = nil
    }
    receiving = true
    continueDue = head.expectsContinue && length != 0
    cancelsOnShutdown = false
    isCancelled = false
    let request = Request(
      method: head.method, target: target, headers: head.headers,
      body: RequestBody(stream: body, declaredLength: length, limit: core.configuration.limits.bodyBytes),
      connection: info, upgrade: head.upgrade)
    phase = .exchange(HTTP1Exchange(request, head, body: body, outbound: outbound, connection: bound, core: core))
    isDue = true
  }

  private func startDue() {
    guard isDue, case .exchange(let exchange) = phase else { return }
    isDue = false
    let task = core.start(exchange)
    // It may have answered already, or have left the rest to another task, on this thread.
    if isCurrent(exchange), self.task == nil { self.task = task }
  }

  /// The response goes on in another task.
  func goOn(in successor: Task<Void, Never>) {
    if isCancelled { successor.cancel() }
    task = successor
  }

  private func cancel() {
    isCancelled = true
    task?.cancel()
  }

  /// The request does not follow the protocol: nothing that follows on this connection can be trusted.
  private func refuse(_ error: any Error) {
    switch phase {
    case .exchange(let exchange):
      // The handler is under way with a body that turns out to be broken: it learns so, and its answer is the last.
      receiving = false
      inputEnded = true
      exchange.body.finish(error)
    case .draining: closeAfterWrites()
    case .idle:
      write(HTTP1Exchange.errorResponse(error, core), flush: true)
      closeAfterWrites()
    case .takenOver, .closing, .closed: break
    }
  }

  func readIfWanted() {
    guard let context, !inputEnded else { return }
    let wanted =
      switch phase {
      case .idle, .draining, .closing: true
      // Between requests a read is always outstanding: to take it back and to ask anew costs two system calls a request. What
      // a client sends ahead is kept, one piece of it.
      case .exchange(let exchange): receiving ? exchange.body.wantsMore() : pending.readableBytes == 0
      case .takenOver(_, let inbound): inbound.wantsMore()
      case .closed: false
      }
    if wanted { context.read() }
  }

  /// The handler wants more of the body than is there.
  private func demanded() {
    if continueDue {
      continueDue = false
      if case .exchange = phase { write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"), flush: true) }
    }
    readIfWanted()
  }

  // MARK: Writing

  func isCurrent(_ exchange: HTTP1Exchange) -> Bool {
    switch phase {
    case .exchange(let current), .takenOver(let current, _): current === exchange
    case .idle, .draining, .closing, .closed: false
    }
  }

  /// Writes the pieces of a whole response.
  func send(_ pieces: [ByteBuffer]) {
    for piece in pieces.dropLast() { write(piece, flush: false) }
    guard var rest = pieces.last else { return }
    while info.session != nil, rest.readableBytes > Self.largestPart,
      let part = rest.readSlice(length: Self.largestPart)
    {
      write(part, flush: false)
      context?.flush()
    }
    write(rest, flush: true)
  }

  /// Writes what tasks have queued, with one system call.
  private func writeStreamed() {
    if let outbound { write(outbound.take()) }
  }

  private func write(_ pieces: [ByteBuffer]) {
    guard let outbound else { return }
    let count = pieces.readableBytes
    switch phase {
    case .exchange, .takenOver:
      for piece in pieces.dropLast() { write(piece, flush: false) }
      if let last = pieces.last { write(last, flush: true, completing: count) }
    case .idle, .draining, .closing, .closed: outbound.completed(count)
    }
  }

  /// - Parameter completing: bytes of the outbound stream that have reached the kernel when this piece has.
  private func write(_ bytes: ByteBuffer, flush: Bool, completing count: Int = 0) {
    guard let context else { return }
    continueDue = false
    writesUnderWay += 1
    let promise = context.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { [self] _ in
      writesUnderWay -= 1
      lastActivity = .now()
      if count > 0 { outbound?.completed(count) }
      if writesUnderWay == 0, case .closing = phase { closeOutputAndLinger() }
    }
    context.write(wrapOutboundOut(bytes), promise: promise)
    guard flush else { return }
    // While requests are taken from a buffer, their answers leave together after the last one.
    if processing { flushDue = true } else { context.flush() }
  }

  /// The response has been handed to the socket.
  func responseEnded(keepAlive: Bool) {
    // What was offered last may still wait to be drained, and the end behind it.
    writeStreamed()
    task = nil
    lastActivity = .now()
    if case .takenOver = phase { return closeAfterWrites() }
    guard keepAlive, !core.isDraining else { return closeAfterWrites() }
    phase = receiving ? .draining(left: Self.drainLimit) : .idle
    process()
    readIfWanted()
  }

  func markEndsWithServer() {
    cancelsOnShutdown = true
    if core.isDraining { cancel() }
  }

  // MARK: Takeover

  func takeOver(_ head: ByteBuffer, _ inbound: InboundStream) {
    guard case .exchange(let exchange) = phase else { return }
    write(head, flush: true)
    phase = .takenOver(exchange, inbound)
    if pending.readableBytes > 0 { inbound.append(pending) }
    pending = ByteBuffer()
    if inputEnded { inbound.finish() }
    if core.isDraining { task?.cancel() }
    readIfWanted()
  }

  func closeOutput() {
    guard !outputClosed, let context else { return }
    outputClosed = true
    context.close(mode: .output, promise: nil)
  }

  // MARK: Closing

  func drain() {
    switch phase {
    case .idle: closeAfterWrites()
    case .draining: closeAfterWrites()
    case .exchange: if cancelsOnShutdown { cancel() }
    case .takenOver: task?.cancel()
    case .closing, .closed: break
    }
  }

  /// Closes once everything written has reached the kernel.
  private func closeAfterWrites() {
    switch phase {
    case .closing, .closed: return
    case .idle, .exchange, .draining, .takenOver: break
    }
    if case .takenOver(_, let inbound) = phase { inbound.finish() }
    phase = .closing
    outbound?.close()
    if writesUnderWay == 0 { closeOutputAndLinger() }
  }

  private func closeOutputAndLinger() {
    guard let context else { return }
    if inputEnded { return closeNow() }
    closeOutput()
    context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) { [self] in closeNow() }
    context.read()
  }

  func closeNow() {
    if info.session == nil { context?.close(promise: nil) } else { context?.closeWithoutHalves() }
  }

  /// One timer a connection that looks at the clock when it fires, instead of one that each request sets anew.
  private func scheduleIdleCheck(after time: TimeAmount) {
    guard let context else { return }
    idleTimer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in
      let quiet = NIODeadline.now() - lastActivity
      switch phase {
      case .exchange, .takenOver: scheduleIdleCheck(after: core.idleTimeout)
      case .idle, .draining, .closing:
        if quiet >= core.idleTimeout { closeNow() } else { scheduleIdleCheck(after: core.idleTimeout - quiet) }
      case .closed: break
      }
    }
  }
}
