/// What is known about the connection that a request came on.
public struct ConnectionInfo: Sendable, Equatable {
  public enum Peer: Sendable, Equatable {
    /// A unix socket: somebody on this host who may open it.
    case local
    case remote(address: String, port: Int)
  }
  /// The listener's description (`unix:///run/apus/docker.sock`, `tcp://127.0.0.1:2375`).
  public let listener: String
  public let peer: Peer
  /// What TLS has found out; nil on a plain connection.
  public internal(set) var tls: TLSInfo?

  public init(listener: String, peer: Peer, tls: TLSInfo? = nil) {
    self.listener = listener
    self.peer = peer
    self.tls = tls
  }
}
