import NIOCore

/// Stands below NIO's HTTP/2 and sends the DATA of bodies that are written piece by piece past the channels that NIO has for
/// streams: what a hundred watches on a connection are told at once is a few bytes more for each, and not a write, a flush
/// and a search through buffers of frames for each. All else, the heads and ends of such streams too, is NIO's.
///
/// The client's windows are kept here (RFC 9113, section 5.2): those of these streams altogether, and the connection's for
/// both. Where more is on its way than the client takes, NIO's frames wait here too: see `ConnectionWindow`.
final class DirectFrames: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// The largest payload that every client takes (RFC 9113, section 6.5.2).
  private static let mostPayload = 16_384
  /// Bytes that are handed on before the turn is over.
  private static let mostBytes = 65_536
  /// How many may be written in one turn: only then is known whether the channel takes more.
  private static let mostUnflushed = 262_144

  private struct Held {
    var header: FrameHeader
    var payload: ByteBuffer
    var promise: EventLoopPromise<Void>?
  }

  private var context: ChannelHandlerContext?
  private var isWritable = true
  private var updates = WindowUpdates()
  private var streams: [UInt32: DirectStream] = [:]
  /// Of a stream that is opened now.
  private var initialWindow = 65_535
  private var window = ConnectionWindow()

  /// DATA of NIO that waits for the connection's window, and the ends of its streams.
  private var held: CircularBuffer<Held> = []
  /// Bytes of NIO's last frame that are still to come.
  private var payloadLeft = 0
  /// Whether that frame is the last that waits.
  private var isHolding = false
  /// The connection is to be closed when nothing waits.
  private var closing: EventLoopPromise<Void>?
  private var closesNow = false
  /// Streams that wait for a window, their head or the channel.
  private var waiting: CircularBuffer<DirectStream> = []

  /// Frames of this turn of the event loop.
  private var frames = ByteBuffer()
  /// Payload that was written since the last flush.
  private var unflushed = 0
  /// A flush is on its way.
  private var isDue = false
  /// What a turn before this one needed: the next will need about as much.
  private var usualBytes = 0

  // MARK: Streams

  func opened(_ id: UInt32) -> DirectStream {
    let stream = DirectStream(id, window: initialWindow)
    streams[id] = stream
    return stream
  }

  func closed(_ stream: DirectStream) {
    streams[stream.id] = nil
    if stream.isWaiting { waiting.removeAll { $0 === stream } }
    stream.end()
  }

  /// Sends what was written to a stream that has begun: as much as the client takes now, and the rest when it takes more.
  func drain(_ stream: DirectStream) {
    guard let outbound = stream.outbound else { return }
    let (pieces, isCompleted) = outbound.take(completing: stream.pieces.isEmpty ? room(for: stream) : 0)
    if isCompleted {
      for piece in pieces { write(piece, on: stream) }
    } else {
      for piece in pieces where piece.readableBytes > 0 { stream.pieces.append(piece) }
      if !stream.isWaiting { sendWaiting(of: stream) }
    }
    flushSoon()
  }

  /// The same for what many are sent.
  func send(_ piece: ByteBuffer, to streams: [DirectStream]) {
    let count = piece.readableBytes
    var slow: [DirectStream] = []
    for stream in sendAtOnce(piece, to: streams) {
      if stream.pieces.isEmpty, count <= room(for: stream) {
        write(piece, on: stream)
        continue
      }
      // One that is over has none.
      guard let outbound = stream.outbound else { continue }
      stream.pieces.append(piece)
      if outbound.pend(count) { slow.append(stream) }
      if !stream.isWaiting { sendWaiting(of: stream) }
    }
    flushSoon()
    for stream in slow { stream.whenSlow?() }
  }

  /// Writes the frames of those who can be sent the piece at once, which are mostly all: one after the other, with no look at
  /// what is the same for all of them.
  /// - Returns: the others.
  private func sendAtOnce(_ piece: ByteBuffer, to streams: [DirectStream]) -> [DirectStream] {
    let count = piece.readableBytes
    guard count > 0, count <= Self.mostPayload else { return streams }
    let most = Self.mostBytes / (FrameHeader.count + count) + 1
    var left: [DirectStream] = []
    var rest = streams[...]
    while !rest.isEmpty {
      guard isWritable, held.isEmpty, let context else { return left + rest }
      var available = min(window.available, Self.mostUnflushed - unflushed)
      var bytes = frames
      frames = ByteBuffer()
      if bytes.readableBytes == 0 {
        let room = (FrameHeader.count + count) * min(rest.count, most)
        bytes = context.channel.allocator.buffer(capacity: max(usualBytes, room))
      }
      var sent = 0
      while bytes.readableBytes < Self.mostBytes, let stream = rest.popFirst() {
        guard count <= available, count <= stream.window, stream.isFree else {
          left.append(stream)
          continue
        }
        FrameHeader(length: count, kind: FrameHeader.Kind.data, stream: stream.id).write(to: &bytes)
        bytes.writeImmutableBuffer(piece)
        stream.take(count)
        available -= count
        sent += count
      }
      frames = bytes
      window.lend(sent)
      unflushed += sent
      // What is handed on may change all that was looked at.
      if frames.readableBytes >= Self.mostBytes { handOn() }
    }
    return left
  }

  /// How many bytes can be sent at once.
  private func room(for stream: DirectStream) -> Int {
    guard isWritable, held.isEmpty, stream.isHeadOut, stream.outbound != nil, context != nil else { return 0 }
    return min(stream.window, window.available, Self.mostUnflushed - unflushed)
  }

  private func sendWaiting() {
    for _ in 0..<waiting.count {
      guard let stream = waiting.popFirst() else { return }
      stream.isWaiting = false
      sendWaiting(of: stream)
    }
    flushSoon()
  }

  private func sendIfWaiting(_ stream: DirectStream) {
    guard stream.isWaiting else { return }
    waiting.removeAll { $0 === stream }
    stream.isWaiting = false
    sendWaiting(of: stream)
    flushSoon()
  }

  private func sendWaiting(of stream: DirectStream) {
    while var piece = stream.pieces.popFirst() {
      let count = min(piece.readableBytes, room(for: stream), Self.mostPayload)
      if count > 0, let part = piece.readSlice(length: count) {
        writeFrame(part, on: stream)
        stream.outbound?.completed(count)
      }
      guard piece.readableBytes > 0 else { continue }
      stream.pieces.prepend(piece)
      guard count <= 0 else { continue }
      stream.isWaiting = true
      return waiting.append(stream)
    }
    guard let whenEmpty = stream.whenEmpty else { return }
    stream.whenEmpty = nil
    whenEmpty()
  }

  private func write(_ piece: ByteBuffer, on stream: DirectStream) {
    guard piece.readableBytes > Self.mostPayload else { return writeFrame(piece, on: stream) }
    var rest = piece
    while rest.readableBytes > 0, let part = rest.readSlice(length: min(rest.readableBytes, Self.mostPayload)) {
      writeFrame(part, on: stream)
    }
  }

  private func writeFrame(_ payload: ByteBuffer, on stream: DirectStream) {
    let count = payload.readableBytes
    if frames.readableBytes == 0, let context {
      frames = context.channel.allocator.buffer(capacity: max(usualBytes, FrameHeader.count + count))
    }
    FrameHeader(length: count, kind: FrameHeader.Kind.data, stream: stream.id).write(to: &frames)
    frames.writeImmutableBuffer(payload)
    stream.take(count)
    window.lend(count)
    unflushed += count
    if frames.readableBytes >= Self.mostBytes { handOn() }
  }

  private func flushSoon() {
    guard !isDue, unflushed > 0, let context else { return }
    isDue = true
    context.eventLoop.assumeIsolated().execute { [self] in
      isDue = false
      handOn()
      unflushed = 0
      guard let context = self.context else { return }
      context.flush()
      if !waiting.isEmpty { context.eventLoop.assumeIsolated().execute { [self] in sendWaiting() } }
    }
  }

  private func handOn() {
    guard frames.readableBytes > 0, let context else { return }
    usualBytes = frames.readableBytes
    let bytes = frames
    frames = ByteBuffer()
    context.write(wrapOutboundOut(bytes), promise: nil)
  }

  // MARK: What comes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    updates.append(unwrapInboundIn(data))
    while self.context != nil, let piece = updates.next() {
      switch piece {
      case .other(let bytes): context.fireChannelRead(wrapInboundOut(bytes))
      case .windowUpdate(let frame, stream: 0, let increment): opened(by: increment, frame, context)
      case .windowUpdate(let frame, let id, let increment):
        guard increment > 0, let stream = streams[id] else {
          context.fireChannelRead(wrapInboundOut(frame))
          continue
        }
        // NIO knows nothing of what such a stream has sent.
        if !stream.isDirect { context.fireChannelRead(wrapInboundOut(frame)) }
        stream.open(by: increment)
        sendIfWaiting(stream)
      case .settings(let frame, let initial):
        context.fireChannelRead(wrapInboundOut(frame))
        // NIO refuses what is more.
        guard let initial, initial <= ConnectionWindow.most else { continue }
        let change = initial - initialWindow
        initialWindow = initial
        for stream in streams.values { stream.open(by: change) }
        sendWaiting()
      }
    }
  }

  private func opened(by increment: Int, _ frame: ByteBuffer, _ context: ChannelHandlerContext) {
    // What makes no sense is for NIO to refuse.
    guard increment > 0, let shown = window.open(by: increment) else {
      return context.fireChannelRead(wrapInboundOut(frame))
    }
    if shown > 0 {
      var frame = frame
      if shown < increment { frame.setInteger(UInt32(shown), at: frame.readerIndex + FrameHeader.count) }
      context.fireChannelRead(wrapInboundOut(frame))
    }
    release()
    sendWaiting()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    if isWritable { sendWaiting() }
    context.fireChannelWritabilityChanged()
  }

  // MARK: What NIO sends

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let bytes = unwrapOutboundIn(data)
    // It comes behind what was sent before.
    handOn()
    // A payload may come apart from its header.
    if payloadLeft > 0 || bytes.readableBytes == 0 {
      payloadLeft -= bytes.readableBytes
      guard isHolding else { return context.write(wrapOutboundOut(bytes), promise: promise) }
      return hold(bytes, promise)
    }
    isHolding = false
    guard let header = FrameHeader(bytes, at: bytes.readerIndex) else {
      return context.write(wrapOutboundOut(bytes), promise: promise)
    }
    payloadLeft = Self.missing(in: bytes)
    switch header.kind {
    case FrameHeader.Kind.data where header.length > window.available || header.length > 0 && !held.isEmpty:
      isHolding = true
      held.append(Held(header: header, payload: ByteBuffer()))
      var payload = bytes
      payload.moveReaderIndex(forwardBy: FrameHeader.count)
      hold(payload, promise)
    // The end of a stream comes behind its DATA; all else waits for nobody's window.
    case FrameHeader.Kind.data where holds(header.stream), FrameHeader.Kind.reset where holds(header.stream):
      isHolding = true
      var payload = bytes
      payload.moveReaderIndex(forwardBy: FrameHeader.count)
      held.append(Held(header: header, payload: payload, promise: promise))
    default:
      if header.kind == FrameHeader.Kind.data { window.take(header.length) }
      context.write(wrapOutboundOut(bytes), promise: promise)
      if header.kind == FrameHeader.Kind.headers, let stream = streams[header.stream] {
        stream.headIsOut()
        if stream.isHeadOut { sendIfWaiting(stream) }
      }
    }
  }

  private func holds(_ stream: UInt32) -> Bool { held.contains { $0.header.stream == stream } }

  /// How many bytes are missing of the last frame in `bytes`.
  private static func missing(in bytes: ByteBuffer) -> Int {
    var index = bytes.readerIndex
    while let header = FrameHeader(bytes, at: index) { index += FrameHeader.count + header.length }
    return max(index - bytes.writerIndex, 0)
  }

  /// Keeps more of the last frame that waits.
  private func hold(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
    guard var last = held.popLast() else { return }
    if last.payload.readableBytes == 0 { last.payload = bytes } else { last.payload.writeImmutableBuffer(bytes) }
    // It is the last piece of a frame that has one.
    if let promise { last.promise = promise }
    held.append(last)
  }

  /// Sends what waited for the connection's window. Its stream's has been looked at before: one that the client has made
  /// smaller since (RFC 9113, section 6.9.2) does not call back what NIO counts as sent.
  private func release() {
    guard !held.isEmpty, let context else { return }
    defer { context.flush() }
    while var first = held.popFirst() {
      let count = min(first.header.length, window.available)
      let isData = first.header.kind == FrameHeader.Kind.data
      guard !isData || count > 0 || first.header.length == 0 else { return held.prepend(first) }
      var bytes = ByteBuffer()
      if isData, count < first.header.length {
        window.take(count)
        FrameHeader(length: count, kind: first.header.kind, stream: first.header.stream).write(to: &bytes)
        if let part = first.payload.readSlice(length: count) { bytes.writeImmutableBuffer(part) }
        context.write(wrapOutboundOut(bytes), promise: nil)
        first.header.length -= count
        held.prepend(first)
      } else {
        if isData { window.take(count) }
        first.header.write(to: &bytes)
        bytes.writeImmutableBuffer(first.payload)
        let isLast = held.isEmpty && closing != nil
        context.write(wrapOutboundOut(bytes), promise: isLast ? closed(after: first.promise, context) : first.promise)
      }
    }
  }

  /// A promise of the last frame before the end: closing gives up what has not reached the kernel.
  private func closed(
    after promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
  ) -> EventLoopPromise<Void> {
    let written = context.eventLoop.makePromise(of: Void.self)
    if let promise { written.futureResult.cascade(to: promise) }
    written.futureResult.assumeIsolated().whenComplete { [self] _ in
      guard let closing else { return }
      self.closing = nil
      context.close(promise: closing)
    }
    return written
  }

  /// What waits goes out before the end, which NIO's handlers bring about when they have sent all that they have.
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    guard !held.isEmpty || closing != nil, !closesNow, mode == .all else {
      return context.close(mode: mode, promise: promise)
    }
    let closing = closing ?? context.eventLoop.makePromise(of: Void.self)
    self.closing = closing
    if let promise { closing.futureResult.cascade(to: promise) }
  }

  /// From now on nothing that waits puts off the end.
  func closeNow() { closesNow = true }

  // MARK: Coming and going

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    isWritable = context.channel.isWritable
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    let lost = held
    held = []
    for one in lost { one.promise?.fail(ChannelError.ioOnClosedChannel) }
    closing?.fail(ChannelError.ioOnClosedChannel)
    closing = nil
  }
}
