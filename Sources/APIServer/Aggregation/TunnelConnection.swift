import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A connection over TLS whose bytes are read by one task and written by another; a slow reader slows the sender.
final class TunnelConnection: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer

  private static let connectTime = TimeAmount.seconds(10)
  /// Bytes that wait for the reader before the socket is read no further, and those below which it is read on.
  private static let (highWater, lowWater) = (262_144, 65_536)

  private struct State {
    var chunks: [ByteBuffer] = []
    var bytes = 0
    var isPaused = false
    var isOver = false
    var failure: (any Error)?
    var channel: (any Channel)?
    var reader: CheckedContinuation<ByteBuffer?, any Error>?
  }
  private let state = Mutex(State())

  private init() {}

  /// - Parameters:
  ///   - name: whose certificate the other side must show.
  static func open(
    host: String, port: Int, name: String, _ configuration: TLSConfiguration
  ) async throws -> TunnelConnection {
    // It may read the authorities that the system trusts from disk.
    let context = try await NIOThreadPool.singleton.runIfActive { try NIOSSLContext(configuration: configuration) }
    let connection = TunnelConnection()
    let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(connectTime)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: name))
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
    let channel = try await bootstrap.connect(host: host, port: port).get()
    connection.state.withLock { $0.channel = channel }
    return connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let chunk = unwrapInboundIn(data)
    let (reader, pauses) = state.withLock { state -> (CheckedContinuation<ByteBuffer?, any Error>?, Bool) in
      if let reader = state.reader.take() { return (reader, false) }
      state.chunks.append(chunk)
      state.bytes += chunk.readableBytes
      guard !state.isPaused, state.bytes >= Self.highWater else { return (nil, false) }
      state.isPaused = true
      return (nil, true)
    }
    reader?.resume(returning: chunk)
    if pauses { Self.setReading(context.channel, false) }
  }

  private static func setReading(_ channel: any Channel, _ isOn: Bool) {
    channel.setOption(ChannelOptions.autoRead, value: isOn).whenFailure { _ in channel.close(promise: nil) }
  }

  func channelInactive(context: ChannelHandlerContext) { finish(nil) }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // Many servers end TLS without a word; what came before counts.
    let isEnd = (error as? NIOSSLError) == .uncleanShutdown
    finish(isEnd ? nil : error)
    context.close(promise: nil)
  }

  private func finish(_ failure: (any Error)?) {
    let reader = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      guard !state.isOver else { return nil }
      state.isOver = true
      state.failure = failure
      return state.reader.take()
    }
    if let failure { reader?.resume(throwing: failure) } else { reader?.resume(returning: nil) }
  }

  /// The next bytes; nil at the end. For one task at a time.
  func next() async throws -> ByteBuffer? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let (answer, resumed) = state.withLock { state -> (Result<ByteBuffer?, any Error>?, (any Channel)?) in
          guard !state.chunks.isEmpty else {
            if state.isOver { return (state.failure.map { .failure($0) } ?? .success(nil), nil) }
            state.reader = continuation
            return (nil, nil)
          }
          let chunk = state.chunks.removeFirst()
          state.bytes -= chunk.readableBytes
          guard state.isPaused, state.bytes <= Self.lowWater else { return (.success(chunk), nil) }
          state.isPaused = false
          return (.success(chunk), state.channel)
        }
        if let answer { continuation.resume(with: answer) }
        if let resumed { Self.setReading(resumed, true) }
      }
    } onCancel: {
      close()
    }
  }

  /// Sends bytes; waits while the other side is slow.
  func write(_ buffer: ByteBuffer) async throws {
    guard let channel = state.withLock({ $0.channel }) else { return }
    try await channel.writeAndFlush(buffer).get()
  }

  func close() {
    state.withLock { $0.channel }?.close(promise: nil)
    finish(CancellationError())
  }
}
