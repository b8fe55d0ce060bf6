import Addressing
import Linux
import Netfilter
import Testing

@testable import NetworkDrivers

/// The way to the resolver's sockets and back. What is real needs root.
@Suite struct ResolverTests {
  private static let here = SocketAddress.ipv4(ResolverRules.address, port: 53)

  /// A socket in a sandbox that has asked, or was refused.
  private static func asker(_ kind: SocketKind, in sandbox: FileDescriptor) throws -> FileDescriptor {
    let socket = try Namespaces.inside(sandbox, .network) { try Sockets.make(.ipv4, kind, nonBlocking: false) }
    try Sockets.connect(socket, to: here)
    _ = try Sockets.send([1, 2, 3], to: socket)
    return socket
  }

  private static func wait(_ socket: FileDescriptor) throws {
    let epoll = try Epoll()
    try epoll.set(socket.rawValue, .readable, token: 1)
    try #require(!epoll.wait(timeout: 20_000).isEmpty, "nothing came")
  }

  @Test func questionsComeAndAnswersLeaveByPort53() async throws {
    try await Lab.with { lab in
      try await Lab.onThread { [sandbox = lab.host] in
        let sockets = try ResolverSockets.open(in: sandbox)
        let client = try Self.asker(.datagram, in: sandbox)
        try Self.wait(sockets.datagrams)
        let (question, peer) = try Sockets.receive(from: sockets.datagrams)
        #expect(question == [1, 2, 3])
        #expect(try peer == Sockets.localAddress(client))
        // A connected socket hears only whom it asked.
        _ = try Sockets.send([4], from: sockets.datagrams, to: try #require(peer))
        #expect(try Sockets.receive(from: client).bytes == [4])

        let stream = try Self.asker(.stream, in: sandbox)
        try Self.wait(sockets.connections)
        let (connection, _) = try Sockets.accept(sockets.connections, nonBlocking: false)
        #expect(try connection.read(upTo: 16) == [1, 2, 3])
        let large = [UInt8](repeating: 7, count: 200_000)
        let writer = try connection.duplicate()
        try Threads.start(name: "test-writer") {
          try? writer.writeAll(large)
          try? Sockets.shutdown(writer, .write)
        }
        #expect(try stream.readToEnd() == large)
      }
    }
  }

  /// The container's own rules see port 53 alone, and connection tracking sees question and answer as one.
  @Test func whatElseLooksAtThePacketsSeesPort53() async throws {
    try await Lab.with { lab in
      try await Lab.onThread { [sandbox = lab.host] in
        let connection = try NftablesConnection(in: sandbox)
        let name = TableName(.ipv4, "own")
        func expects(_ field: Match.Field, state: UInt32) -> [Expression] {
          Match.network(field, ResolverRules.address, prefixLength: 32)
            + Match.connection(.state, anyOf: state)
            + [
              .payload(.transport, offset: field == .destination4 ? 2 : 0, length: 2, into: Register(0)),
              .compare(Register(0), .equal, [0, 53]), .verdict(.accept),
            ]
        }
        let rules = [
          Rule("question", expects(.destination4, state: 0xA)), Rule("answer", expects(.source4, state: 0x2)),
        ]
        var transaction = Transaction()
        transaction.add(
          Table(
            name,
            chains: [
              Chain("in", BaseHook(.filter, .input, .filter, accepts: false), rules: rules),
              Chain("out", BaseHook(.filter, .output, .filter, accepts: false), rules: rules),
            ]))
        try connection.commit(transaction)
        let sockets = try ResolverSockets.open(in: sandbox)
        let client = try Self.asker(.datagram, in: sandbox)
        try Self.wait(sockets.datagrams)
        let (_, peer) = try Sockets.receive(from: sockets.datagrams)
        _ = try Sockets.send([4], from: sockets.datagrams, to: try #require(peer))
        #expect(try Sockets.receive(from: client).bytes == [4])
        let stream = try Self.asker(.stream, in: sandbox)
        try Self.wait(sockets.connections)
        let (accepted, _) = try Sockets.accept(sockets.connections, nonBlocking: false)
        try accepted.writeAll([5])
        #expect(try stream.read(upTo: 4) == [5])
      }
    }
  }

  @Test func whileNobodyServesWhoAsksIsToldSo() async throws {
    try await Lab.with { lab in
      try await Lab.onThread { [sandbox = lab.host] in
        let sockets = try ResolverSockets.open(in: sandbox)
        sockets.datagrams.close()
        sockets.connections.close()
        let client = try Self.asker(.datagram, in: sandbox)
        let error = #expect(throws: SystemError.self) { try Sockets.receive(from: client) }
        #expect(error?.code == .connectionRefused)
        let refused = #expect(throws: SystemError.self) { try Self.asker(.stream, in: sandbox) }
        #expect(refused?.code == .connectionRefused)
      }
    }
  }

  @Test func portsStayTheSameWhereTheyCan() async throws {
    try await Lab.with { lab in
      try await Lab.onThread { [sandbox = lab.host] in
        func ports(_ sockets: ResolverSockets) throws -> [UInt16?] {
          [try Sockets.localAddress(sockets.datagrams)?.port, try Sockets.localAddress(sockets.connections)?.port]
        }
        func snapshot() throws -> (table: Table, generation: UInt32) {
          let snapshot = try NftablesConnection(in: sandbox).snapshot(ResolverRules.table)
          return (try #require(snapshot.table), snapshot.generation)
        }
        let first = try ResolverSockets.open(in: sandbox)
        let before = try ports(first)
        let held = try snapshot()
        #expect(ResolverRules.ports(held.table).datagrams == before[0])
        #expect(ResolverRules.ports(held.table).connections == before[1])
        first.datagrams.close()
        first.connections.close()
        let second = try ResolverSockets.open(in: sandbox)
        #expect(try ports(second) == before)
        #expect(try snapshot().generation == held.generation)
        // The port of one is taken now: another one, and the rules lead there.
        second.connections.close()
        let third = try ResolverSockets.open(in: sandbox)
        #expect(try ports(third)[0] != before[0] && ports(third)[1] == before[1])
        let client = try Self.asker(.datagram, in: sandbox)
        try Self.wait(third.datagrams)
        #expect(try Sockets.receive(from: third.datagrams).bytes == [1, 2, 3])
        client.close()
        second.datagrams.close()
      }
    }
  }

  /// Without root: a virtual packet both ways.
  @Test(arguments: [(TransportProtocol.udp, UInt16(40_001)), (.tcp, 40_002)])
  func portsAreExchangedForThisAddressAlone(transport: TransportProtocol, port: UInt16) throws {
    let walk = RuleWalk(ResolverRules.wanted(datagrams: 40_001, connections: 40_002)) { _ in true }
    let resolver: IPAddress = try #require(IPAddress("127.0.0.11"))
    let other: IPAddress = try #require(IPAddress("127.0.0.1"))
    var steps: [RuleWalk.Step] = []
    func walked(
      _ hook: Hook, _ packet: VirtualPacket, link: String = "lo", _ read: (VirtualPacket) -> Port
    ) -> UInt16 {
      var packet = packet
      #expect(walk.run(RuleWalk.Place(hook, input: link), &packet, &steps))
      return read(packet).rawValue
    }
    let question = VirtualPacket(transport, from: other, 5000, to: resolver, 53)
    #expect(walked(.input, question) { $0.destinationPort } == port)
    #expect(walked(.input, question, link: "eth0") { $0.destinationPort } == 53)
    #expect(walked(.input, VirtualPacket(transport, from: other, 5000, to: other, 53)) { $0.destinationPort } == 53)
    #expect(walked(.input, VirtualPacket(transport, from: other, 5000, to: resolver, 54)) { $0.destinationPort } == 54)
    let answer = VirtualPacket(transport, from: resolver, Port(port), to: other, 5000)
    #expect(walked(.output, answer) { $0.sourcePort } == 53)
    #expect(
      walked(.output, VirtualPacket(transport, from: other, Port(port), to: resolver, 5000)) { $0.sourcePort } == port)
    #expect(walked(.output, VirtualPacket(transport, from: resolver, 54, to: other, 5000)) { $0.sourcePort } == 54)
  }
}
