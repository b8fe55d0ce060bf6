import Linux
import Testing

@Suite struct SocketTests {
  static let v6Loopback: [UInt8] = [UInt8](repeating: 0, count: 15) + [1]

  @Test(arguments: [SocketAddress.ipv4([127, 0, 0, 1], port: 0), .ipv6(v6Loopback, port: 0)])
  func connectionsCarryBytes(_ address: SocketAddress) throws {
    let domain: SocketDomain = if case .ipv4 = address { .ipv4 } else { .ipv6 }
    let server = try Sockets.make(domain, .stream, nonBlocking: false)
    try Sockets.set(.reuseAddress, 1, of: server)
    try Sockets.bind(server, to: address)
    try Sockets.listen(server)
    let name = try #require(try Sockets.localAddress(server))
    #expect(try #require(name.port) != 0)
    let client = try Sockets.make(domain, .stream, nonBlocking: false)
    try Sockets.connect(client, to: name)
    let (connection, peer) = try Sockets.accept(server, nonBlocking: false)
    #expect(try Sockets.localAddress(client) == peer)
    #expect(try Sockets.peerAddress(client) == name)
    #expect(try Sockets.send([1, 2, 3], to: client) == 3)
    try Sockets.shutdown(client, .write)
    #expect(try connection.readToEnd() == [1, 2, 3])
    connection.close()
    // The peer is gone: an error, no signal.
    _ = try client.readToEnd()
    let taken = try Sockets.make(domain, .stream)
    let inUse = #expect(throws: SystemError.self) { try Sockets.bind(taken, to: name) }
    #expect(inUse?.code == .addressInUse)
  }

  @Test func refusalShowsAsPendingError() throws {
    let server = try Sockets.make(.ipv4, .stream)
    try Sockets.bind(server, to: .ipv4([127, 0, 0, 1], port: 0))
    let name = try #require(try Sockets.localAddress(server))
    let client = try Sockets.make(.ipv4, .stream)
    let error = #expect(throws: SystemError.self) { try Sockets.connect(client, to: name) }
    // Bound and not listening: loopback may refuse at once or a moment later.
    if error?.code == .inProgress {
      let epoll = try Epoll()
      try epoll.set(client.rawValue, .writable, token: 1)
      #expect(try !epoll.wait(timeout: 5000).isEmpty)
      #expect(try Sockets.get(.pendingError, of: client) == Errno.connectionRefused.rawValue)
      #expect(try Sockets.get(.pendingError, of: client) == 0)
    } else {
      #expect(error?.code == .connectionRefused)
    }
    let nothing = try Sockets.make(.ipv4, .stream)
    try Sockets.bind(nothing, to: .ipv4([127, 0, 0, 1], port: 0))
    try Sockets.listen(nothing)
    let empty = #expect(throws: SystemError.self) { try Sockets.accept(nothing) }
    #expect(empty?.code == .tryAgain)
  }

  @Test func congestionControlIsChosenByName() throws {
    let socket = try Sockets.make(.ipv4, .stream)
    try Sockets.setCongestionControl("reno", of: socket)
    #expect(try Sockets.congestionControl(of: socket) == "reno")
    let error = #expect(throws: SystemError.self) { try Sockets.setCongestionControl("no-such", of: socket) }
    #expect(error?.code == .noEntry)
    #expect(try Sockets.congestionControl(of: socket) == "reno")
  }

  @Test func ipv6OnlyLeavesIPv4Alone() throws {
    // Somebody else on this machine may have the same port of IPv4: another one does as well then.
    for attempt in 1...20 {
      let six = try Sockets.make(.ipv6, .stream)
      try Sockets.set(.ipv6Only, 1, of: six)
      #expect(try Sockets.get(.ipv6Only, of: six) == 1)
      try Sockets.bind(six, to: .ipv6([UInt8](repeating: 0, count: 16), port: 0))
      let port = try #require(try Sockets.localAddress(six)?.port)
      let four = try Sockets.make(.ipv4, .stream)
      do throws(SystemError) {
        try Sockets.bind(four, to: .ipv4([0, 0, 0, 0], port: port))
        return
      } catch {
        guard error.code == .addressInUse, attempt < 20 else { throw error }
      }
    }
  }

  @Test func datagramsTellTheirSender() throws {
    let a = try Sockets.make(.ipv4, .datagram, nonBlocking: false)
    let b = try Sockets.make(.ipv4, .datagram, nonBlocking: false)
    try Sockets.bind(a, to: .ipv4([127, 0, 0, 1], port: 0))
    try Sockets.bind(b, to: .ipv4([127, 0, 0, 1], port: 0))
    let nameOfA = try #require(try Sockets.localAddress(a))
    #expect(try Sockets.send([9, 8], from: b, to: nameOfA) == 2)
    let (bytes, peer) = try Sockets.receive(from: a)
    #expect(try bytes == [9, 8] && peer == Sockets.localAddress(b))
  }

  @Test(arguments: [SocketKind.stream, .sequencedPackets])
  func unixSocketsWithPathsOfAnyLength(_ kind: SocketKind) throws {
    try withScratch { path in
      let long = path + "/" + String(repeating: "long-directory-name/", count: 8)
      try FileSystem.makeDirectories(long)
      for address in [SocketAddress.unix("\(path)/short"), .unix("\(long)socket")] {
        let server = try Sockets.make(.unix, kind, nonBlocking: false)
        try Sockets.bind(server, to: address)
        try Sockets.listen(server)
        let client = try Sockets.make(.unix, kind, nonBlocking: false)
        try Sockets.connect(client, to: address)
        let (connection, peer) = try Sockets.accept(server, nonBlocking: false)
        #expect(peer == .unnamed)
        #expect(try Sockets.send([1, 2], to: client) == 2)
        #expect(try Sockets.send([3], to: client) == 1)
        // Packets keep their borders, a stream has none.
        #expect(try connection.read(upTo: 10) == (kind == .stream ? [1, 2, 3] : [1, 2]))
      }
      #expect(FileSystem.exists("\(long)socket"))
      let missing = try Sockets.make(.unix, kind)
      let error = #expect(throws: SystemError.self) { try Sockets.connect(missing, to: .unix("\(path)/nobody")) }
      #expect(error?.code == .noEntry)
      let tooLong = SocketAddress.unix("\(path)/" + String(repeating: "n", count: 200))
      #expect(throws: SystemError.self) { try Sockets.connect(missing, to: tooLong) }
    }
  }

  @Test func abstractNamesAndPairs() throws {
    let name = SocketAddress.abstract(Array("apus-test-\(Processes.current)".utf8))
    let server = try Sockets.make(.unix, .stream, nonBlocking: false)
    try Sockets.bind(server, to: name)
    #expect(try Sockets.localAddress(server) == name)
    let (a, b) = try Sockets.pair(.stream, nonBlocking: false)
    #expect(try Sockets.send([5], to: a) == 1)
    #expect(try b.read(upTo: 1) == [5])
    b.close()
    let broken = #expect(throws: SystemError.self) { try Sockets.send([5], to: a) }
    #expect(broken?.code == .brokenPipe)
  }

  @Test func badAddressesAreRefused() throws {
    let socket = try Sockets.make(.ipv4, .stream)
    for address in [SocketAddress.ipv4([1, 2, 3], port: 1), .ipv6([1], port: 1), .unix(""), .unix("a\0b")] {
      let error = #expect(throws: SystemError.self) { try Sockets.bind(socket, to: address) }
      #expect(error?.code == .invalid)
    }
  }

  @Test func netlinkDatagramsAreMeasured() throws {
    let socket = try NetlinkDescriptor(family: 0)
    #expect(socket.port != 0)
    // RTM_GETLINK for number 1, loopback.
    let request: [UInt8] = [
      32, 0, 0, 0, 18, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    try socket.send(request)
    let cut = try socket.receive(upTo: 32, wait: true)
    #expect(cut.bytes.count == 32 && cut.fullSize > 32 && cut.sender == 0)
    let nothing = #expect(throws: SystemError.self) { try socket.receive(wait: false) }
    #expect(nothing?.code == .tryAgain)
  }
}
