import NIOCore
import NIOHTTP2
import Synchronization

/// One HTTP/2 connection on its event loop: knows its streams, so that a shutdown can end them. NIO's handlers before it
/// speak the protocol; each stream has a channel of its own with an `HTTP2Stream` in it.
final class HTTP2Connection: ChannelInboundHandler, ServedConnection {
  typealias InboundIn = HTTP2Frame

  let core: ServerCore
  let info: ConnectionInfo
  /// Handlers at work, those of streams that were reset included.
  let running = Count()
  let direct = DirectFrames()
  private var streams: [ObjectIdentifier: HTTP2Stream] = [:]
  private var predecessor: (any ServedConnection)?
  private var context: ChannelHandlerContext?
  /// Whether the client has begun to speak.
  private var hasBegun = false
  private var endsWithStreams = false

  /// A number that tasks on any thread change.
  final class Count: Sendable {
    private let number = Atomic(0)
    var value: Int { number.load(ordering: .relaxed) }
    func add(_ change: Int) { number.add(change, ordering: .relaxed) }
  }

  private init(core: ServerCore, info: ConnectionInfo, predecessor: any ServedConnection) {
    self.core = core
    self.info = info
    self.predecessor = predecessor
  }

  /// Adds what speaks HTTP/2 behind the handler of `context`, which has read the connection so far.
  static func add(
    to context: ChannelHandlerContext, core: ServerCore, info: ConnectionInfo,
    predecessor: any ServedConnection & ChannelHandler
  ) throws {
    let connection = HTTP2Connection(core: core, info: info, predecessor: predecessor)
    let management = NIOHTTP2ServerConnectionManagementHandler(
      eventLoop: context.eventLoop,
      configuration: .init(maxIdleTime: core.idleTimeout, maxAge: nil, maxGraceTime: nil, keepalive: nil))
    let limits = core.configuration.http2.configuration(headerBytes: core.configuration.limits.headerBytes)
    let bound = NIOLoopBound(connection, eventLoop: context.eventLoop)
    let http2 = NIOHTTP2Handler(
      mode: .server, eventLoop: context.eventLoop, connectionConfiguration: limits.connection,
      streamConfiguration: limits.stream, streamDelegate: management.http2StreamDelegate
    ) { channel in
      channel.eventLoop.makeCompletedFuture {
        // Windows that open only as bodies are read hold a fast sender back.
        try channel.syncOptions?.setOption(.autoRead, value: false)
        // A stream that the client has opened has its number.
        let id = try channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID) ?? .rootStream
        try channel.pipeline.syncOperations.addHandler(HTTP2Stream(bound.value, id))
      }
    }
    try context.pipeline.syncOperations.addHandlers(
      [GatheredWrites(), connection.direct, http2, management, connection], position: .after(predecessor))
    try context.channel.syncOptions?.setOption(.autoRead, value: true)
    // What a hundred watches are told at once is no reason to tell each stream that the channel is full, and is not any more.
    try context.channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: 65_536, high: 262_144))
    // A client that will send nothing more, not even a window, can have no use for what is under way.
    try context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
    // Not before all handlers are there: the last of them is added first, and those before it would not hear of it.
    if core.isDraining { connection.drain() }
  }

  // MARK: Events of the channel

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    guard let predecessor else { return }
    core.registry.replace(predecessor, with: NIOLoopBound(self, eventLoop: context.eventLoop))
    self.predecessor = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !hasBegun {
      hasBegun = true
      if endsWithStreams { quiesce() }
    }
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    core.registry.unregister(self)
    self.context = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // What is one stream's fault was answered with RST_STREAM; all else is the connection's end.
    if error is NIOHTTP2Errors.StreamError { return }
    guard error is NIOHTTP2Errors.IOOnClosedConnection else { return closeNow() }
    // GOAWAY has been said and the last stream has ended: NIO's handler has no use for another frame. What that stream wrote
    // may wait for its flush, which comes in this turn of the loop.
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    context.eventLoop.execute { bound.value.closeNow() }
  }

  // MARK: Streams

  func opened(_ stream: HTTP2Stream) { streams[ObjectIdentifier(stream)] = stream }

  func closed(_ stream: HTTP2Stream) { streams[ObjectIdentifier(stream)] = nil }

  // MARK: Closing

  /// Tells the client to send no more requests (GOAWAY) and closes once the last stream has ended.
  func drain() {
    for stream in streams.values { stream.drain() }
    endWithStreams()
  }

  /// The same without a word to the streams that there are.
  func endWithStreams() {
    endsWithStreams = true
    // NIO's handler forgets that it has said GOAWAY when it says so before the client's first frame, and would never close.
    if hasBegun { quiesce() }
  }

  private func quiesce() { context?.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }

  func closeNow() {
    direct.closeNow()
    context?.close(promise: nil)
  }
}
