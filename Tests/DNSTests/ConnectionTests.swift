import Addressing
import DNS
import Linux
import Testing

@Suite struct ConnectionTests {
  func start(_ change: (inout DNSServer.Settings) -> Void = { _ in }) throws -> DNSServer {
    var settings = DNSServer.Settings()
    // What ends a connection must not be that a test waited long enough.
    settings.idleTimeout = .seconds(3600)
    change(&settings)
    return try DNSServer(name: "test-dns", settings: settings)
  }

  @Test func manyQueriesOnOneConnection() async throws {
    let server = try start()
    let (id, port) = try server.serve(oneAddress)
    let peer = try StreamPeer(connectingTo: port)
    for number in 0..<100 {
      let question = Question(try name("web\(number)"), .a)
      let answer = try peer.ask(Message(id: UInt16(number), question))
      #expect(answer.header.id == UInt16(number) && answer.questions == [question] && answer.answers.count == 1)
    }
    // All in one go, and then nothing more: the answers come, and then the end.
    let query = try Message(id: 5, Question(try name("web"), .a)).encoded()
    let many = (0..<3000).flatMap { _ in StreamPeer.framed(query) }
    try peer.send(raw: many)
    try Sockets.shutdown(peer.socket, .write)
    for _ in 0..<3000 { #expect(try peer.receive()?.count == query.count + 16) }
    #expect(try peer.receive() == nil)
    await server.remove(id)
  }

  @Test func queriesInPieces() async throws {
    let server = try start()
    let (id, port) = try server.serve(oneAddress)
    let peer = try StreamPeer(connectingTo: port)
    try Sockets.set(.tcpNoDelay, 1, of: peer.socket)
    let query = StreamPeer.framed(try Message(id: 5, Question(try name("web"), .a)).encoded())
    for byte in query + query + query { try peer.send(raw: [byte]) }
    for _ in 0..<3 { #expect(try peer.receive() != nil) }
    await server.remove(id)
  }

  @Test func aClientThatNeverReadsHarmsNobody() async throws {
    let server = try start()
    let text = (0..<200).map { _ in [UInt8](repeating: 0x61, count: 250) }
    // Small buffers, which connections inherit: otherwise the kernel itself takes many megabytes.
    let sockets = try LocalSockets()
    try Sockets.set(.receiveBuffer, 4096, of: sockets.connections)
    try Sockets.set(.sendBuffer, 4096, of: sockets.connections)
    let id = try server.add(
      DNSListener(
        datagrams: sockets.datagrams, connections: sockets.connections,
        handler: Script { .answer([ResourceRecord($0.name, timeToLive: 1, .txt(text))], authoritative: false) }))
    let peer = try StreamPeer(connectingTo: sockets.port, buffers: 4096)
    try peer.socket.setNonBlocking(true)
    let query = StreamPeer.framed(try Message(id: 5, Question(try name("web"), .txt)).encoded())
    // Until the server reads no more, and the kernel's buffers are full on both sides.
    var sent = 0
    let epoll = try Epoll()
    try epoll.set(peer.socket.rawValue, .writable, token: 1)
    let all = (0..<100_000).flatMap { _ in query }
    while sent < all.count {
      do throws(SystemError) {
        sent += try Sockets.send(all[sent..<min(sent + 65536, all.count)], to: peer.socket)
      } catch {
        try #require(error.code == .tryAgain)
        // Others are served meanwhile; when they are, this one has had its turn.
        let other = try StreamPeer(connectingTo: sockets.port)
        #expect(try other.ask(Message(id: 6, Question(.root, .txt))).answers.count == 1)
        if try epoll.wait(timeout: 0).isEmpty { break }
      }
    }
    try #require(sent < all.count, "the server reads without end")
    // It takes its answers after all.
    for _ in 0..<(sent / query.count) { #expect(try peer.receive()?.count ?? 0 > 50_000) }
    await server.remove(id)
  }

  @Test func idleConnectionsEnd() async throws {
    let server = try start { $0.idleTimeout = .milliseconds(30) }
    let (id, port) = try server.serve(oneAddress)
    let peers = try (0..<3).map { _ in try StreamPeer(connectingTo: port) }
    let query = Message(id: 5, Question(try name("web"), .a))
    #expect(try peers[0].ask(query).answers.count == 1)
    // Half a query is none.
    try peers[1].send(raw: [0, 40, 1])
    for peer in peers { #expect(try peer.receive() == nil) }
    await server.remove(id)
  }

  @Test func theQuietestMakesRoom() async throws {
    let server = try start { $0.connectionLimit = 2 }
    let (id, port) = try server.serve(oneAddress)
    let query = Message(id: 5, Question(try name("web"), .a))
    let peers = try (0..<3).map { _ in
      let peer = try StreamPeer(connectingTo: port)
      #expect(try peer.ask(query).answers.count == 1)
      return peer
    }
    #expect(try peers[0].receive() == nil)
    #expect(try peers[1].ask(query).answers.count == 1)
    #expect(try peers[2].ask(query).answers.count == 1)
    let fourth = try StreamPeer(connectingTo: port)
    #expect(try fourth.ask(query).answers.count == 1)
    #expect(try peers[1].receive() == nil)
    await server.remove(id)
  }

  @Test func whereAllWaitTheNewcomerGoes() async throws {
    let server = try start { $0.connectionLimit = 1 }
    let upstream = try LocalSockets()
    let (id, port) = try server.serve(ForwardAll([upstream.upstream]))
    let query = Message(id: 5, Question(try name("web"), .a))
    let busy = try StreamPeer(connectingTo: port)
    try busy.send(query)
    let exchange = try upstream.connection()
    let asked = try Message(decoding: try #require(try exchange.receive()))
    let second = try StreamPeer(connectingTo: port)
    #expect(try second.receive() == nil)
    try exchange.send(asked.answered())
    #expect(try busy.receive() != nil)
    await server.remove(id)
  }

  @Test func vanishingClients() async throws {
    let server = try start()
    let (id, port) = try server.serve(oneAddress)
    let query = Message(id: 5, Question(try name("web"), .a))
    let before = try openSockets()
    for round in 0..<60 {
      let peer = try StreamPeer(connectingTo: port)
      if round % 3 == 0 { try peer.send(raw: [0, 40, 1]) }
      if round % 3 == 1 { try peer.send(query) }
      // With an answer that nobody read the kernel resets the connection.
      if round % 6 == 1 { try waitUntilReadable(peer.socket) }
      peer.socket.close()
    }
    let peer = try StreamPeer(connectingTo: port)
    #expect(try peer.ask(query).answers.count == 1)
    await server.remove(id)
    peer.socket.close()
    // The listener's own two are gone as well.
    #expect(try openSockets() == before - 2)
  }
}
