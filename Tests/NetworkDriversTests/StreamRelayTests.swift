import Addressing
import Linux
import NetworkModel
import Testing

@testable import NetworkDrivers

/// The port proxy between two sockets of this process, without a network of its own.
@Suite struct StreamRelayTests {
  /// A proxy in a thread, and the connection on which it is told what to do. It ends by itself when that is closed.
  private final class Proxy {
    let connection: FileDescriptor

    init() throws {
      let name = SocketAddress.abstract(Array("apus-relay-tests-\(UInt64.random(in: .min ... .max))".utf8))
      let listener = try Sockets.make(.unix, .sequencedPackets)
      try Sockets.bind(listener, to: name)
      try Sockets.listen(listener)
      let number = listener.release()
      try Threads.start(name: "proxy") { _ = PortProxy.main(listener: number) }
      connection = try Sockets.make(.unix, .sequencedPackets, nonBlocking: false)
      try Sockets.connect(connection, to: name)
    }

    deinit { connection.close() }

    /// Leads a free port of 127.0.0.1 to another one.
    func publish(to target: Port) throws -> (key: ProxyProtocol.Key, address: SocketAddress) {
      let held = try HostPort(.tcp, address: [127, 0, 0, 1], port: 0)
      let address = try #require(try Sockets.localAddress(held.descriptor))
      let port = try #require(address.port)
      let key = try #require(ProxyProtocol.Key("tcp/127.0.0.1/\(port)"))
      try ask(.add(key, target: IPAddress("127.0.0.1"), port: target), [held.descriptor])
      try ask(.open(key))
      return (key, address)
    }

    func ask(_ request: ProxyProtocol.Request, _ passed: [FileDescriptor] = []) throws {
      try connection.send(ProxyProtocol.encode(request), passing: passed)
      #expect(String(decoding: try connection.receive(upTo: 4096).bytes, as: UTF8.self) == "ok")
    }
  }

  private func listener() throws -> (socket: FileDescriptor, port: Port) {
    let socket = try Sockets.make(.ipv4, .stream, nonBlocking: false)
    try Sockets.bind(socket, to: .ipv4([127, 0, 0, 1], port: 0))
    try Sockets.listen(socket)
    return (socket, Port(try #require(try Sockets.localAddress(socket)?.port)))
  }

  private func client(_ address: SocketAddress) throws -> FileDescriptor {
    let socket = try Sockets.make(.ipv4, .stream, nonBlocking: false)
    try Sockets.connect(socket, to: address)
    return socket
  }

  /// More than one turn of the proxy, and more than fills a pipe or the sockets' buffers, both ways at once.
  @Test func muchPassesWholeBothWaysAtOnce() async throws {
    let proxy = try Proxy()
    let (socket, port) = try listener()
    let (key, address) = try proxy.publish(to: port)
    try Threads.start(name: "echo") {
      do {
        let (connection, _) = try Sockets.accept(socket, nonBlocking: false)
        while true {
          let bytes = try connection.read(upTo: 100_000)
          if bytes.isEmpty { return try Sockets.shutdown(connection, .write) }
          try connection.writeAll(bytes)
        }
      } catch { StandardError.write("echo: \(error)\n") }
    }
    let client = try client(address)
    var state: UInt64 = 88_172_645_463_325_252
    let sent = (0..<(3 << 20)).flatMap { _ -> [UInt8] in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return (0..<4).map { UInt8(truncatingIfNeeded: state >> ($0 * 8)) }
    }
    try Threads.start(name: "writer") {
      do {
        try client.writeAll(sent)
        try Sockets.shutdown(client, .write)
      } catch { StandardError.write("writer: \(error)\n") }
    }
    let received = try await Lab.onThread { try client.readToEnd() }
    #expect(received.count == sent.count)
    #expect(received == sent)
    try proxy.ask(.remove(key))
  }

  /// A half-closed connection goes on the other way; what was said before the end arrives.
  @Test func oneSideMayEndFirst() async throws {
    let proxy = try Proxy()
    let (socket, port) = try listener()
    let (key, address) = try proxy.publish(to: port)
    let client = try client(address)
    let (connection, _) = try Sockets.accept(socket, nonBlocking: false)
    try client.writeAll(Array("question".utf8))
    try Sockets.shutdown(client, .write)
    #expect(try connection.readToEnd() == Array("question".utf8))
    try connection.writeAll(Array("answer".utf8))
    #expect(try client.read(upTo: 6) == Array("answer".utf8))
    try connection.writeAll(Array(", and more".utf8))
    connection.close()
    #expect(try client.readToEnd() == Array(", and more".utf8))
    try proxy.ask(.remove(key))
  }

  /// A port that is let go takes its connections with it.
  @Test func aPortThatGoesEndsItsConnections() async throws {
    let proxy = try Proxy()
    let (socket, port) = try listener()
    let (key, address) = try proxy.publish(to: port)
    let client = try client(address)
    let (connection, _) = try Sockets.accept(socket, nonBlocking: false)
    try client.writeAll([1])
    #expect(try connection.read(upTo: 1) == [1])
    try proxy.ask(.remove(key))
    #expect(try client.readToEnd().isEmpty)
    #expect(try connection.readToEnd().isEmpty)
  }
}
