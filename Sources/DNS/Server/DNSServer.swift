import AsyncWork
import Linux
import Synchronization

/// Sockets to serve, opened by the caller in whatever network namespace they belong to, and who answers on them.
public struct DNSListener: Sendable {
  /// A bound UDP socket. Bound to all addresses, it answers each query from the address that was asked.
  public var datagrams: FileDescriptor
  /// A listening TCP socket.
  public var connections: FileDescriptor
  /// The first of the chain that answers.
  public var handler: any DNSHandler

  public init(datagrams: FileDescriptor, connections: FileDescriptor, handler: any DNSHandler) {
    self.datagrams = datagrams
    self.connections = connections
    self.handler = handler
  }
}

/// A name server over UDP and TCP (RFC 1035, section 4.2; RFC 7766): one thread and one epoll for any number of
/// listeners, which come and go while it serves.
public final class DNSServer: Sendable {
  /// Times and limits.
  public struct Settings: Sendable {
    /// How long one upstream has for its answer, before the next is asked: dockerd's four seconds.
    public var upstreamTimeout: Duration = .seconds(4)
    /// How long a connection may be without a complete query or an answer taken.
    public var idleTimeout: Duration = .seconds(10)
    /// The most connections of one listener. One more takes the place of the one that has been quiet the longest; where
    /// all are waiting for answers it is closed.
    public var connectionLimit = 128
    /// The most queries of one connection that wait for upstreams; then it is not read from.
    public var pipelineLimit = 64
    /// The most queries of one listener that wait for upstreams, as dockerd has it; more are refused.
    public var forwardLimit = 1024
    /// How long a listener takes no connections after the process ran out of descriptors.
    public var pauseWithoutDescriptors: Duration = .milliseconds(200)

    public init() {}
  }

  /// A listener that is being served.
  public struct ListenerID: Hashable, Sendable {
    let token: UInt64
    /// What epoll knows its two sockets by.
    var datagrams: UInt64 { token }
    var connections: UInt64 { token + 1 }
  }

  private let mailbox: Mailbox
  private let epoll: Epoll
  private let thread: OwnedThread

  /// Starts the thread. Throws `.unavailable` where the process has no more descriptors or threads.
  /// - Parameter name: of the thread (15 bytes).
  public init(name: String = "apus-dns", settings: Settings = Settings()) throws(DNSError) {
    do {
      let (mailbox, epoll) = (try Mailbox(), try Epoll())
      thread = try OwnedThread(name: name)
      self.mailbox = mailbox
      self.epoll = epoll
      thread.submit { ServerLoop(epoll, mailbox, settings).run() }
    } catch {
      throw DNSError(.unavailable, "cannot start the name server: \(error)", cause: error)
    }
  }

  deinit {
    mailbox.send(.stop(done: nil))
    thread.stop()
  }

  /// Serves the listener from now on, and owns its sockets: they are closed when it is removed, or when this fails.
  /// Callable from any thread. Throws `.unavailable` where a socket cannot be waited for, `.stopped` after `stop`.
  public func add(_ listener: DNSListener) throws(DNSError) -> ListenerID {
    let id = ListenerID(token: mailbox.newTokens(2))
    let isForAll: Bool
    do throws(SystemError) {
      try listener.datagrams.setNonBlocking(true)
      try listener.connections.setNonBlocking(true)
      isForAll = try Self.askForDestination(listener.datagrams)
    } catch {
      Self.close(listener)
      throw DNSError(.unavailable, "cannot serve names: \(error)", cause: error)
    }
    // The loop reads its mail before it looks at events, so that it knows the tokens by then.
    guard mailbox.send(.add(id, listener, isForAll: isForAll)) else {
      Self.close(listener)
      throw DNSError(.stopped, "the name server was stopped")
    }
    do throws(SystemError) {
      try epoll.set(listener.datagrams.rawValue, .readable, token: id.datagrams)
      try epoll.set(listener.connections.rawValue, .readable, token: id.connections)
    } catch {
      mailbox.send(.remove(id, done: nil))
      throw DNSError(.unavailable, "cannot serve names: \(error)", cause: error)
    }
    return id
  }

  /// Stops serving a listener; queries that wait for upstreams get no answer. Its sockets are closed when this returns.
  /// One that is not there is no error. Callable from any thread.
  public func remove(_ id: ListenerID) async {
    await withCheckedContinuation { continuation in
      if !mailbox.send(.remove(id, done: { continuation.resume() })) { continuation.resume() }
    }
  }

  /// Stops serving all listeners and ends the thread. All sockets are closed when this returns.
  public func stop() async {
    await withCheckedContinuation { continuation in
      if !mailbox.send(.stop(done: { continuation.resume() })) { continuation.resume() }
    }
    thread.stop()
  }

  /// A socket that is bound to all addresses must say to which of them a datagram came; true where this is one.
  private static func askForDestination(_ socket: FileDescriptor) throws(SystemError) -> Bool {
    switch try Sockets.localAddress(socket) {
    case .ipv4(let address, _) where address.allSatisfy { $0 == 0 }:
      try Sockets.set(.ipv4PacketInformation, 1, of: socket)
    case .ipv6(let address, _, _) where address.allSatisfy { $0 == 0 }:
      try Sockets.set(.ipv6PacketInformation, 1, of: socket)
    default: return false
    }
    return true
  }

  private static func close(_ listener: DNSListener) {
    listener.datagrams.close()
    listener.connections.close()
  }
}
