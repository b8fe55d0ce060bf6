import Addressing
import Linux

/// A name server that is asked for what we do not know.
public struct Upstream: Sendable {
  /// Where it is.
  public var address: IPAddress
  /// The index of the link, for link-local addresses.
  public var scope: UInt32
  /// 53 nearly always.
  public var port: Port
  /// The network namespace from which it is asked; nil is the process's own. It stays open as long as this value lives.
  public var namespace: FileDescriptor?

  public init(_ address: IPAddress, scope: UInt32 = 0, port: Port = 53, in namespace: FileDescriptor? = nil) {
    self.address = address
    self.scope = scope
    self.port = port
    self.namespace = namespace
  }

  /// A new socket in the upstream's namespace, not yet connected, with a port of its own: a forger would have to guess
  /// it beside the id (RFC 5452).
  func openSocket(_ kind: SocketKind) throws -> FileDescriptor {
    let domain: SocketDomain = if case .v4 = address { .ipv4 } else { .ipv6 }
    guard let namespace else { return try Sockets.make(domain, kind) }
    return try Namespaces.inside(namespace, .network) { try Sockets.make(domain, kind) }
  }

  var socketAddress: SocketAddress {
    switch address {
    case .v4(let address): .ipv4(address.bytes, port: port.rawValue)
    case .v6(let address): .ipv6(address.bytes, port: port.rawValue, scope: scope)
    }
  }
}
