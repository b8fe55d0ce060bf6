import Linux
import Netfilter
import NetworkModel

/// Where a sandbox asks for names: 127.0.0.11, as docker has it. The sockets have ports of the kernel's choice, and
/// rules in the sandbox lead port 53 there, so that a name server in the container can have port 53 for itself.
public struct ResolverSockets: Sendable {
  /// Bound, UDP.
  public let datagrams: FileDescriptor
  /// Listening, TCP.
  public let connections: FileDescriptor

  static let address: [UInt8] = [127, 0, 0, 11]
  static let port: UInt16 = 53
  private static let table = TableName(.ipv4, "apus-resolver")

  /// Opens the sockets in a sandbox and leads port 53 to them; rules of an engine before us are replaced. Blocks.
  static func open(in sandbox: FileDescriptor) throws -> ResolverSockets {
    let (datagrams, connections) = try Namespaces.inside(sandbox, .network) {
      let any = SocketAddress.ipv4(address, port: 0)
      let datagrams = try Sockets.make(.ipv4, .datagram)
      try Sockets.bind(datagrams, to: any)
      let connections = try Sockets.make(.ipv4, .stream)
      try Sockets.bind(connections, to: any)
      try Sockets.listen(connections, backlog: 64)
      return (datagrams, connections)
    }
    let rules = [
      rule("udp", 17, to: try boundPort(datagrams)), rule("tcp", 6, to: try boundPort(connections)),
    ]
    let wanted = Table(
      table, chains: [Chain("output", BaseHook(.nat, .output, .destinationNAT), rules: rules)])
    let connection = try NftablesConnection(in: sandbox)
    let there = try connection.snapshot(table)
    try connection.commit(Transaction.difference(from: there.table, to: wanted), from: there.generation)
    return ResolverSockets(datagrams: datagrams, connections: connections)
  }

  private static func boundPort(_ socket: FileDescriptor) throws -> UInt16 {
    guard case .ipv4(_, let port) = try Sockets.localAddress(socket) else {
      throw NetworkError(.failed, "the resolver's socket is not bound")
    }
    return port
  }

  private static func rule(_ name: String, _ transport: UInt8, to port: UInt16) -> Rule {
    let first = Register(0)
    let second = first.advanced(byBytes: 4)
    return Rule(
      name,
      Match.network(.destination4, address, prefixLength: 32) + [
        .meta(.transportProtocol, into: first), .compare(first, .equal, [transport]),
        .payload(.transport, offset: 2, length: 2, into: first), .compare(first, .equal, bytes(Self.port)),
        .load(address, into: first), .load(bytes(port), into: second),
        .translate(Translation(.destination, .ipv4, address: first, port: second)),
      ])
  }

  private static func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)] }
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
