/// What is known about the connection that a request came on.
public struct ConnectionInfo: Sendable, Equatable {
  /// Who is at the other end.
  public enum Peer: Sendable, Equatable {
    /// A unix socket: somebody on this host who may open it.
    case local
    case remote(address: String, port: Int)
  }

  /// Shared by the connection's requests, which stay small.
  private final class Storage: Sendable {
    let listener: String
    let peer: Peer
    let tls: TLSInfo?
    let session: TLSSession?

    init(listener: String, peer: Peer, tls: TLSInfo?, session: TLSSession?) {
      self.listener = listener
      self.peer = peer
      self.tls = tls
      self.session = session
    }
  }

  private let storage: Storage

  public init(listener: String, peer: Peer, tls: TLSInfo? = nil) {
    storage = Storage(listener: listener, peer: peer, tls: tls, session: nil)
  }

  init(listener: String, peer: Peer, session: TLSSession) {
    storage = Storage(listener: listener, peer: peer, tls: nil, session: session)
  }

  /// The listener's description (`unix:///run/apus/docker.sock`, `tcp://127.0.0.1:2375`).
  public var listener: String { storage.listener }

  public var peer: Peer { storage.peer }

  /// What TLS has found out; nil on a plain connection.
  public var tls: TLSInfo? { storage.session?.info ?? storage.tls }

  /// Where the connection's TLS is kept up to date.
  var session: TLSSession? { storage.session }

  public static func == (a: Self, b: Self) -> Bool {
    a.storage === b.storage || (a.listener == b.listener && a.peer == b.peer && a.tls == b.tls)
  }
}
