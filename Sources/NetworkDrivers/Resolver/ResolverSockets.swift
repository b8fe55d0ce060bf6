import Linux
import Netfilter
import NetworkModel

/// Where a sandbox asks for names: 127.0.0.11, as docker has it. The sockets have ports of the kernel's choice, so that
/// a name server in the container can have port 53 for itself; rules in the sandbox (`ResolverRules`) lead port 53 there.
public struct ResolverSockets: Sendable {
  /// Bound, UDP.
  public let datagrams: FileDescriptor
  /// Listening, TCP.
  public let connections: FileDescriptor

  /// Opens the sockets in a sandbox and leads port 53 to them; rules of an engine before us are replaced. Blocks.
  static func open(in sandbox: FileDescriptor) throws -> ResolverSockets {
    let connection = try NftablesConnection(in: sandbox)
    let there = try connection.snapshot(ResolverRules.table)
    let before = ResolverRules.ports(there.table)
    let (datagrams, connections) = try Namespaces.inside(sandbox, .network) {
      let datagrams = try bound(.datagram, to: before.datagrams)
      let connections = try bound(.stream, to: before.connections)
      try Sockets.listen(connections, backlog: 64)
      return (datagrams, connections)
    }
    let wanted = ResolverRules.wanted(datagrams: try boundPort(datagrams), connections: try boundPort(connections))
    try connection.commit(Transaction.difference(from: there.table, to: wanted), from: there.generation)
    return ResolverSockets(datagrams: datagrams, connections: connections)
  }

  /// A socket with the port that is wanted, or another one where somebody in the sandbox has that now.
  private static func bound(_ kind: SocketKind, to wanted: UInt16?) throws(SystemError) -> FileDescriptor {
    let socket = try Sockets.make(.ipv4, kind)
    do {
      if kind == .stream { try Sockets.set(.reuseAddress, 1, of: socket) }
      try Sockets.bind(socket, to: .ipv4(ResolverRules.address, port: wanted ?? 0))
    } catch {
      guard wanted != nil, error.code == .addressInUse else { throw error }
      try Sockets.bind(socket, to: .ipv4(ResolverRules.address, port: 0))
    }
    return socket
  }

  private static func boundPort(_ socket: FileDescriptor) throws -> UInt16 {
    guard case .ipv4(_, let port) = try Sockets.localAddress(socket) else {
      throw NetworkError(.failed, "the resolver's socket is not bound")
    }
    return port
  }
}

extension NetworkController {
  /// Opens the sockets on which a sandbox asks for names.
  public func openResolver(sandbox id: String) async throws -> ResolverSockets {
    guard let namespace = try running().sandboxes.open(id) else {
      throw NetworkError(.notFound, "sandbox \(id) not found")
    }
    return try ResolverSockets.open(in: namespace)
  }

  /// A handle on a sandbox's namespace.
  public func namespace(ofSandbox id: String) async throws -> FileDescriptor? { try running().sandboxes.open(id) }
}
