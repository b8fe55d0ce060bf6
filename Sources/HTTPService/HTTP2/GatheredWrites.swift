import NIOCore

/// Stands below HTTP/2 and lets what its streams write in one turn of the event loop leave together: in one TLS record
/// and one system call, where each frame would else be two records, and each of a hundred watches on a connection a call
/// of its own. Nothing waits longer than the work that the loop has already.
final class GatheredWrites: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes of a piece that is a record of its own, so that copying it saves nothing: as many as a record holds.
  private static let largePiece = 16_384
  /// Bytes that are handed on without waiting for a flush.
  private static let mostBytes = 4 * largePiece

  private var context: ChannelHandlerContext?
  private var isDue = false
  private var gathered = ByteBuffer()
  /// Of the pieces in `gathered`.
  private var promises: [EventLoopPromise<Void>] = []
  /// What a flush before this one needed: the next will need about as much.
  private var usualBytes = 0

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
    for promise in promises { promise.fail(ChannelError.ioOnClosedChannel) }
    promises = []
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let piece = unwrapOutboundIn(data)
    guard piece.readableBytes < Self.largePiece else {
      handOn(context)
      context.write(wrapOutboundOut(piece), promise: promise)
      return
    }
    if gathered.readableBytes == 0 {
      gathered = context.channel.allocator.buffer(capacity: max(piece.readableBytes, usualBytes))
    }
    gathered.writeImmutableBuffer(piece)
    if let promise { promises.append(promise) }
    if gathered.readableBytes >= Self.mostBytes { handOn(context) }
  }

  func flush(context: ChannelHandlerContext) {
    guard !isDue else { return }
    isDue = true
    context.eventLoop.assumeIsolated().execute { [self] in flushNow() }
  }

  /// What was flushed before goes out before the end.
  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    flushNow()
    context.close(mode: mode, promise: promise)
  }

  private func flushNow() {
    guard isDue, let context else { return }
    isDue = false
    usualBytes = gathered.readableBytes
    handOn(context)
    context.flush()
  }

  private func handOn(_ context: ChannelHandlerContext) {
    guard gathered.readableBytes > 0 || !promises.isEmpty else { return }
    let (bytes, done) = (gathered, promises)
    gathered = ByteBuffer()
    promises = []
    guard done.count > 1 else { return context.write(wrapOutboundOut(bytes), promise: done.first) }
    let all = context.eventLoop.makePromise(of: Void.self)
    all.futureResult.whenComplete { result in
      for promise in done { promise.completeWith(result) }
    }
    context.write(wrapOutboundOut(bytes), promise: all)
  }
}
