import NIOCore

/// Stands below HTTP/2 and lets what its streams flush in one turn of the event loop leave together: in one TLS record
/// and one system call where each of a hundred watches on a connection would else cost its own. Nothing waits longer
/// than the work that the loop has already.
final class GatheredFlush: ChannelOutboundHandler {
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var context: ChannelHandlerContext?
  private var isDue = false

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

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
    context.flush()
  }
}
