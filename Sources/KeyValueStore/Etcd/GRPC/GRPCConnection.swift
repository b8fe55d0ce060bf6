import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// One HTTP/2 connection, on which calls run side by side (gRPC over HTTP/2): with TLS where there is a context, with
/// prior knowledge otherwise.
///
/// A client of our own, and not a library's, for one reason: whoever writes to a store must know whether a request that
/// failed has certainly not been seen, and libraries have one status for both.
package final class GRPCConnection: Sendable {
  /// Whether new calls may be made, and whether any are under way.
  final class State: NIOHTTP2StreamDelegate, Sendable {
    private let isRetired = Atomic(false)
    private let calls = Atomic(0)

    func retire() { isRetired.store(true, ordering: .releasing) }
    var isUsable: Bool { !isRetired.load(ordering: .acquiring) }
    var hasCalls: Bool { calls.load(ordering: .relaxed) > 0 }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) { calls.add(1, ordering: .relaxed) }
    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) { calls.subtract(1, ordering: .relaxed) }
  }

  /// How long it may take until calls can be made.
  private static let connectTime = TimeAmount.seconds(2)
  private static let window = 4 << 20

  private let channel: any Channel
  private let streams: NIOHTTP2Handler.StreamMultiplexer
  private let state: State
  private let authority: String
  private let isSecure: Bool

  private init(
    _ channel: any Channel, _ streams: NIOHTTP2Handler.StreamMultiplexer, _ state: State, authority: String,
    isSecure: Bool
  ) {
    self.channel = channel
    self.streams = streams
    self.state = state
    self.authority = authority
    self.isSecure = isSecure
  }

  /// Whether calls may be made on it.
  package var isUsable: Bool { state.isUsable && channel.isActive }

  /// Returns when the other side has said that it speaks HTTP/2.
  /// - Throws: `.notSent` where it cannot be reached, `.malformed` where it does not.
  static func connect(
    host: String, port: Int, tls: NIOSSLContext?
  ) async throws(GRPCFault) -> GRPCConnection {
    let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    return try await connect(authority: authority, isSecure: tls != nil) { bootstrap, state in
      try await bootstrap.channelOption(.socketOption(.tcp_nodelay), value: 1).connect(host: host, port: port) {
        channel in
        channel.eventLoop.makeCompletedFuture { try configure(channel, state, host: host, tls: tls) }
      }
    }
  }

  /// The same on a unix socket, without TLS.
  package static func connect(unixSocket path: String) async throws(GRPCFault) -> GRPCConnection {
    try await connect(authority: "localhost", isSecure: false) { bootstrap, state in
      try await bootstrap.connect(unixDomainSocketPath: path) { channel in
        channel.eventLoop.makeCompletedFuture { try configure(channel, state, host: "", tls: nil) }
      }
    }
  }

  private typealias Opened = (
    channel: any Channel, streams: NIOHTTP2Handler.StreamMultiplexer, ready: EventLoopFuture<Void>
  )

  private static func connect(
    authority: String, isSecure: Bool, _ open: (ClientBootstrap, State) async throws -> Opened
  ) async throws(GRPCFault) -> GRPCConnection {
    let state = State()
    let opened: Opened
    do {
      let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(connectTime)
      opened = try await open(bootstrap, state)
    } catch { throw GRPCFault(.notSent, reason(error), cause: error) }
    let patience = opened.channel.eventLoop.scheduleTask(in: connectTime) { opened.channel.close(promise: nil) }
    do { try await opened.ready.get() } catch {
      patience.cancel()
      opened.channel.close(promise: nil)
      if let fault = error as? GRPCFault { throw fault }
      let isForeign = error is NIOHTTP2Errors.BadClientMagic || error is any NIOHTTP2Error
      throw GRPCFault(
        isForeign ? .malformed : .notSent, isForeign ? "it does not speak HTTP/2: \(error)" : reason(error),
        cause: error)
    }
    patience.cancel()
    return GRPCConnection(opened.channel, opened.streams, state, authority: authority, isSecure: isSecure)
  }

  private static func configure(
    _ channel: any Channel, _ state: State, host: String, tls: NIOSSLContext?
  ) throws -> Opened {
    let pipeline = channel.pipeline.syncOperations
    if let tls {
      let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
      try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
    }
    let ready = channel.eventLoop.makePromise(of: Void.self)
    let keepalive = GRPCKeepalive(state, isSecure: tls != nil, ready: ready)
    do {
      let streams = try pipeline.configureHTTP2Pipeline(
        mode: .client, connectionConfiguration: connectionConfiguration, streamConfiguration: streamConfiguration,
        streamDelegate: state
          // Nobody is let open a stream to us.
      ) { $0.close() }
      try pipeline.addHandler(keepalive)
      return (channel, streams, ready.futureResult)
    } catch {
      ready.fail(error)
      throw error
    }
  }

  private static var connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
    var configuration = NIOHTTP2Handler.ConnectionConfiguration()
    configuration.initialSettings = [
      HTTP2Setting(parameter: .enablePush, value: 0), HTTP2Setting(parameter: .initialWindowSize, value: window),
      HTTP2Setting(parameter: .maxHeaderListSize, value: 64 << 10),
    ]
    configuration.targetWindowSize = window
    // Servers of gRPC measure the bandwidth with a PING for nearly each answer: they are no attackers.
    configuration.controlFrameRateLimit.maximumCount = 1_000_000
    return configuration
  }

  private static var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
    var configuration = NIOHTTP2Handler.StreamConfiguration()
    configuration.targetWindowSize = window
    return configuration
  }

  private static func reason(_ error: any Error) -> String {
    guard let failure = error as? NIOConnectionError else { return "\(error)" }
    var reasons = failure.connectionErrors.map { "\($0.error)" }
    if let error = failure.dnsAError { reasons.append("\(error)") }
    return Set(reasons).sorted().joined(separator: ", ")
  }

  /// One request and its one answer.
  /// - Parameters:
  ///   - patience: how long the other side may be silent.
  ///   - limit: how long all of it may take.
  package func call(
    _ method: String, _ metadata: [(String, String)], _ request: ByteBuffer, patience: TimeAmount, limit: TimeAmount
  ) async throws(GRPCFault) -> ByteBuffer {
    let unary = GRPCUnary(channel.eventLoop)
    // The answer is waited for, and nothing before it.
    let stream = open(head(method, metadata, limit: limit), request: request, patience: patience, receiver: unary)
    return try await withTaskCancellationHandler {
      await unary.answer()
    } onCancel: {
      stream.whenSuccess { $0.close(promise: nil) }
    }.get()
  }

  /// A call that sends and receives for as long as it lasts.
  func stream(
    _ method: String, _ metadata: [(String, String)], receiver: any GRPCReceiver
  ) async throws(GRPCFault) -> GRPCStream {
    do {
      return GRPCStream(
        channel: try await open(
          head(method, metadata, limit: nil), request: nil, patience: nil, receiver: receiver
        ).get())
    } catch { throw GRPCFault(.notSent, "\(error)", cause: error) }
  }

  private func open(
    _ head: HPACKHeaders, request: ByteBuffer?, patience: TimeAmount?, receiver: any GRPCReceiver
  ) -> EventLoopFuture<any Channel> {
    let opened = streams.createStreamChannel { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHandler(
          GRPCStreamHandler(head: head, request: request, patience: patience, receiver: receiver))
      }
    }
    opened.whenFailure { receiver.end(GRPCFault(.notSent, "\($0)", cause: $0)) }
    return opened
  }

  private func head(_ method: String, _ metadata: [(String, String)], limit: TimeAmount?) -> HPACKHeaders {
    var headers: HPACKHeaders = [
      ":method": "POST", ":scheme": isSecure ? "https" : "http", ":path": method, ":authority": authority,
      "te": "trailers", "content-type": "application/grpc", "user-agent": "apus",
    ]
    if let limit { headers.add(name: "grpc-timeout", value: "\(limit.nanoseconds / 1_000_000)m") }
    for (name, value) in metadata { headers.add(name: name, value: value, indexing: .neverIndexed) }
    return headers
  }

  /// Ends the connection and all of its calls.
  package func close() async {
    state.retire()
    // One that is closed already is what was wanted.
    do { try await channel.close().get() } catch { return }
  }
}
