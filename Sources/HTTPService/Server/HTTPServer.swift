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

  private let core: ServerCore
  private let group: MultiThreadedEventLoopGroup
  private let listeners = Mutex<[Listener]>([])

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
      .serverChannelOption(.backlog, value: 1024)
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
            try channel.setTCPOptions()
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
    do {
      let listener: Listener
      switch address.kind {
      case .unix(let path, let mode, let group):
        let socket = try ListeningUnixSocket(path: path, mode: mode, group: group)
        listener = Listener(
          channel: try await bootstrap.withBoundSocket(socket.descriptor.release()).get(), socketFile: socket)
      case .tcp(let host, let port):
        listener = Listener(channel: try await bootstrap.bind(host: host, port: port).get(), socketFile: nil)
      case .descriptor(let number, _):
        listener = Listener(channel: try await bootstrap.withBoundSocket(number).get(), socketFile: nil)
      }
      listeners.withLock { $0.append(listener) }
      return listener.channel.localAddress?.port
    } catch {
      throw HTTPServiceError(.listen, "cannot listen on \(name)", cause: error)
    }
  }

  /// How many connections are open.
  public var connectionCount: Int { core.registry.count }

  /// Stops accepting, lets requests finish, cancels streams that have no end of their own, and closes what is left
  /// after `limit`. Removes its socket files. The server cannot be started again.
  public func shutdown(within limit: Duration) async {
    let listeners = listeners.withLock { listeners in
      defer { listeners = [] }
      return listeners
    }
    for listener in listeners {
      listener.socketFile?.unlink()
      // A listener that is closed already is what is wanted.
      do { try await listener.channel.close() } catch {}
    }
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

extension Channel {
  /// Small pieces of a stream leave at once, and a peer that has vanished without a word (a host that lost its power) is
  /// noticed within two minutes (tcp(7)).
  fileprivate func setTCPOptions() throws {
    guard let options = syncOptions else { return }
    try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    try options.setOption(.socketOption(.so_keepalive), value: 1)
    for (option, value) in TCPKeepAlive.options { try options.setOption(.tcpOption(option), value: value) }
  }
}

/// Options of tcp(7) that NIO has no names for.
private enum TCPKeepAlive {
  static let options: [(NIOBSDSocket.Option, SocketOptionValue)] = [
    // TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT: seconds of silence, seconds between probes, probes.
    (NIOBSDSocket.Option(rawValue: 4), 30), (NIOBSDSocket.Option(rawValue: 5), 15),
    (NIOBSDSocket.Option(rawValue: 6), 6),
  ]
}
