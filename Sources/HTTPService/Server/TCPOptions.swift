import NIOCore

/// What every TCP connection gets, served or made: small pieces of a stream leave at once, and a peer that has vanished
/// without a word (a host that lost its power) is noticed within two minutes (tcp(7)).
public enum TCPOptions {
  /// To be called on the channel's event loop.
  public static func set(on channel: any Channel) throws {
    guard let options = channel.syncOptions else { return }
    try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
    try options.setOption(.socketOption(.so_keepalive), value: 1)
    for (option, value) in keepAlive { try options.setOption(.tcpOption(option), value: value) }
  }

  /// Options of tcp(7) that NIO has no names for.
  private static let keepAlive: [(NIOBSDSocket.Option, SocketOptionValue)] = [
    // TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT: seconds of silence, seconds between probes, probes.
    (NIOBSDSocket.Option(rawValue: 4), 30), (NIOBSDSocket.Option(rawValue: 5), 15),
    (NIOBSDSocket.Option(rawValue: 6), 6),
  ]
}
