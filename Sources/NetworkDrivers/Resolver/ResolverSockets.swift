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
    let connection = try NftablesConnection(in: sandbox)
    let there = try connection.snapshot(table)
    let (datagrams, connections) = try Namespaces.inside(sandbox, .network) {
      let datagrams = try bound(.datagram, to: previousPort("udp", there.table))
      let connections = try bound(.stream, to: previousPort("tcp", there.table))
      try Sockets.listen(connections, backlog: 64)
      return (datagrams, connections)
    }
    let rules = [
      rule("udp", 17, to: try boundPort(datagrams)), rule("tcp", 6, to: try boundPort(connections)),
    ]
    let wanted = Table(
      table, chains: [Chain("output", BaseHook(.nat, .output, .destinationNAT), rules: rules)])
    try connection.commit(Transaction.difference(from: there.table, to: wanted), from: there.generation)
    return ResolverSockets(datagrams: datagrams, connections: connections)
  }

  /// The port to which the rules lead that are there already. With the same one nothing has to be changed after a restart
  /// of the engine: the kernel takes some 15 ms to change rules, and a host may have hundreds of sandboxes.
  private static func previousPort(_ name: String, _ table: Table?) -> UInt16? {
    for case .load(let bytes, _) in table?.chain("output")?.rules.first(where: { $0.key == name })?.expressions ?? []
    where bytes.count == 2 {
      return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }
    return nil
  }

  /// A socket with the port that is wanted, or another one where somebody in the sandbox has that now.
  private static func bound(_ kind: SocketKind, to wanted: UInt16?) throws(SystemError) -> FileDescriptor {
    let socket = try Sockets.make(.ipv4, kind)
    do {
      if kind == .stream { try Sockets.set(.reuseAddress, 1, of: socket) }
      try Sockets.bind(socket, to: .ipv4(address, port: wanted ?? 0))
    } catch {
      guard wanted != nil, error.code == .addressInUse else { throw error }
      try Sockets.bind(socket, to: .ipv4(address, port: 0))
    }
    return socket
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
