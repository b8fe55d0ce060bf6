import Addressing
import AsyncWork
import DNS
import Linux
import Testing

/// Listeners and upstreams in network namespaces of their own.
@Suite struct NamespaceTests {
  /// A thread in a new network namespace whose loopback is up.
  func makeNamespace() async throws -> (thread: OwnedThread, handle: FileDescriptor) {
    let thread = try OwnedThread(name: "test-netns")
    let handle = try await thread.run {
      try Namespaces.unshare(.network)
      let child = try ChildProcess.start(
        ProcessRequest(
          "/usr/sbin/ip", ["link", "set", "lo", "up"], environment: ["PATH=/usr/sbin:/usr/bin"],
          descriptors: [nil, nil, nil]))
      #expect(try child.wait() == .exited(0))
      return try Namespaces.current(.network)
    }
    return (thread, handle)
  }

  @Test func askedInOneAndForwardedInAnother() async throws {
    let (clients, _) = try await makeNamespace()
    let (others, handle) = try await makeNamespace()
    defer {
      clients.stop()
      others.stop()
    }
    let server = try DNSServer(name: "test-dns")
    let upstream = try await others.run { try LocalSockets() }
    let sockets = try await clients.run { try LocalSockets(.ipv4([127, 0, 0, 11], port: 0)) }
    let id = try server.add(
      DNSListener(
        datagrams: sockets.datagrams, connections: sockets.connections,
        handler: ForwardAll([Upstream(.v4(.loopback), port: Port(upstream.port), in: handle)])))
    let query = Message(id: 77, Question(try name("web"), .a))
    let client = try await clients.run {
      try DatagramClient(0, address: .ipv4([127, 0, 0, 11], port: sockets.port)).socket
    }
    _ = try Sockets.send(try query.encoded(), to: client)
    let (asked, peer) = try upstream.question()
    try upstream.answer(asked.answered(), to: peer)
    try waitUntilReadable(client)
    #expect(try Message(decoding: Sockets.receive(from: client).bytes) == query.answered())

    let stream = try await clients.run {
      let socket = try Sockets.make(.ipv4, .stream, nonBlocking: false)
      try Sockets.connect(socket, to: .ipv4([127, 0, 0, 11], port: sockets.port))
      return socket
    }
    let streamClient = StreamPeer(stream)
    try streamClient.send(query)
    let exchange = try upstream.connection()
    let askedAgain = try Message(decoding: try #require(try exchange.receive()))
    try exchange.send(askedAgain.answered())
    #expect(try Message(decoding: try #require(try streamClient.receive())) == query.answered())
    await server.remove(id)
  }
}
