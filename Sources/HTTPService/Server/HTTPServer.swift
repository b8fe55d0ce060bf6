import Linux
import NIOCore
import NIOPosix
import Synchronization

/// An HTTP server with any number of listeners: HTTP/1.1 on all of them, HTTP/2 beside it where there is TLS.
///
///     let server = HTTPServer(renderError: render, handler: router.handle)
///     try await server.listen(on: .unix("/run/apus/docker.sock"))
///     …
///     await server.shutdown(within: .seconds(5))
public final class HTTPServer: Sendable {
  private struct Listener {
    let channel: any Channel
    let socketFile: ListeningUnixSocket?
  }

  /// Connections that wait to be taken.
  private static let backlog: Int32 = 1024

  private let core: ServerCore
  private let group: MultiThreadedEventLoopGroup
  private struct State {
    var listeners: [Listener] = []
    var hasEnded = false
  }
  private let state = Mutex(State())

  /// - Parameters:
  ///   - renderError: gives an error the shape that the API's clients know. The request is nil where the bytes that came
  ///     in were none. `HTTPServiceError.status` tells the status of the service's own errors.
  ///   - handler: answers requests; usually a router behind middleware.
  public init(
    configuration: ServerConfiguration = ServerConfiguration(),
    renderError: @escaping @Sendable (any Error, Request?) -> Response = plainError, handler: @escaping Handler
  ) {
    core = ServerCore(configuration: configuration, renderError: renderError, handler: handler)
    group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
  }

  /// Opens a listener and serves on it. Returns its TCP port, which the kernel may have chosen; nil for other sockets.
  /// - Parameter tls: nil for a plain listener. Several listeners may share one.
  /// - Throws: `listen`, with what is in the way.
  @discardableResult
  public func listen(on address: ListenAddress, tls: ServerTLS? = nil) async throws -> Int? {
    let core = core
    let name = address.description
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Self.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(
        .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 131_072)
      )
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          var peer = ConnectionInfo.Peer.local
          if let remote = channel.remoteAddress, let ip = remote.ipAddress {
            peer = .remote(address: ip, port: remote.port ?? 0)
            try TCPOptions.set(on: channel)
          }
          if let tls {
            let session = TLSSession(tls)
            try channel.pipeline.syncOperations.addHandlers([
              TLSGate(session), TLSHandshake(core: core, listener: name, peer: peer, session: session),
            ])
          } else {
            let info = ConnectionInfo(listener: name, peer: peer)
            try channel.pipeline.syncOperations.addHandler(HTTP1Connection(core: core, info: info))
          }
        }
      }
    // A group of event loops that has ended loses what it is given.
    guard !state.withLock({ $0.hasEnded }) else { throw Self.ended(name) }
    let listener: Listener
    do {
      switch address.kind {
      case .unix(let path, let mode, let group):
        let socket = try ListeningUnixSocket(path: path, mode: mode, group: group)
        do {
          listener = Listener(channel: try await Self.bind(bootstrap, socket.descriptor), socketFile: socket)
        } catch {
          socket.unlink()
          throw error
        }
      case .tcp(let host, let port):
        listener = Listener(channel: try await bootstrap.bind(host: host, port: port).get(), socketFile: nil)
      case .descriptor(let number, _):
        let socket = Linux.FileDescriptor(owning: number)
        listener = Listener(channel: try await Self.bind(bootstrap, socket), socketFile: nil)
      }
    } catch { throw HTTPServiceError(.listen, "cannot listen on \(name)", cause: error) }
    let isLate = state.withLock { state in
      if !state.hasEnded { state.listeners.append(listener) }
      return state.hasEnded
    }
    if isLate {
      await Self.close(listener)
      throw Self.ended(name)
    }
    return listener.channel.localAddress?.port
  }

  private static func ended(_ name: String) -> HTTPServiceError {
    HTTPServiceError(.listen, "cannot listen on \(name): the server has been shut down")
  }

  /// Gives a socket to NIO, which closes it from then on, but loses one on which it cannot listen: such a socket does not
  /// come so far.
  private static func bind(_ bootstrap: ServerBootstrap, _ socket: Linux.FileDescriptor) async throws -> any Channel {
    do throws(SystemError) {
      try socket.setNonBlocking(true)
      try Sockets.listen(socket, backlog: backlog)
    } catch {
      // The number may be somebody else's in the next moment.
      if error.code == .badDescriptor { _ = socket.release() }
      throw error
    }
    return try await bootstrap.withBoundSocket(socket.release()).get()
  }

  private static func close(_ listener: Listener) async {
    listener.socketFile?.unlink()
    // A listener that is closed already is what is wanted.
    do { try await listener.channel.close() } catch {}
  }

  /// How many connections are open.
  public var connectionCount: Int { core.registry.count }

  /// Stops accepting, lets requests finish, cancels streams that have no end of their own, and closes what is left
  /// after `limit`. Removes its socket files. The server cannot be started again.
  public func shutdown(within limit: Duration) async {
    let listeners = state.withLock { state in
      defer { state.listeners = [] }
      state.hasEnded = true
      return state.listeners
    }
    for listener in listeners { await Self.close(listener) }
    // A loop that is gone must not be used: where a handler still may, its thread stays until the process ends.
    guard await core.registry.drain(within: limit) else { return }
    // Fails only where it was called before.
    do { try await group.shutdownGracefully() } catch {}
  }

  /// The error as a line of text.
  @Sendable public static func plainError(_ error: any Error, _ request: Request?) -> Response {
    let status = (error as? HTTPServiceError)?.status ?? .internalServerError
    return Response(status, text: "\(error)\n")
  }
}
