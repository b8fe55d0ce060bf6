import Addressing
import DNS
import Linux
import Testing

/// A handler made of a closure.
struct Script: DNSHandler {
  let body: @Sendable (Question) -> Disposition
  init(_ body: @escaping @Sendable (Question) -> Disposition) { self.body = body }
  func handle(_ question: Question) -> Disposition { body(question) }
}

/// Answers every question for addresses with one record.
let oneAddress = Script { question in
  .answer([ResourceRecord(question.name, timeToLive: 600, .a(IPv4Address(172, 18, 0, 2)))], authoritative: false)
}

/// Waits until a descriptor has something; a test that waits for nothing ends.
func waitUntilReadable(_ descriptor: FileDescriptor) throws {
  let epoll = try Epoll()
  try epoll.set(descriptor.rawValue, .readable, token: 1)
  try #require(!epoll.wait(timeout: 20_000).isEmpty, "nothing came")
}

/// Nothing has come so far.
func expectNothing(at descriptor: FileDescriptor) throws {
  let epoll = try Epoll()
  try epoll.set(descriptor.rawValue, .readable, token: 1)
  #expect(try epoll.wait(timeout: 0).isEmpty)
}

/// UDP and TCP sockets on one port of a local address, for a server or a false upstream.
struct LocalSockets: Sendable {
  let datagrams: FileDescriptor
  let connections: FileDescriptor
  let port: UInt16

  init(_ address: SocketAddress = .ipv4([127, 0, 0, 1], port: 0)) throws {
    let (domain, bytes): (SocketDomain, [UInt8]) =
      switch address {
      case .ipv6(let bytes, _, _): (.ipv6, bytes)
      case .ipv4(let bytes, _): (.ipv4, bytes)
      default: (.ipv4, [127, 0, 0, 1])
      }
    // The port that UDP gets may be taken for TCP: then another.
    for _ in 0..<50 {
      let datagrams = try Sockets.make(domain, .datagram)
      let connections = try Sockets.make(domain, .stream)
      try Sockets.bind(datagrams, to: address)
      let port = try #require(try Sockets.localAddress(datagrams)?.port)
      do throws(SystemError) {
        try Sockets.bind(connections, to: SocketAddress(bytes, port: port))
        try Sockets.listen(connections)
      } catch {
        if error.code == .addressInUse { continue }
        throw error
      }
      (self.datagrams, self.connections, self.port) = (datagrams, connections, port)
      return
    }
    throw SystemError(.addressInUse, "bind")
  }

  /// As an upstream of a server.
  var upstream: Upstream { Upstream(.v4(.loopback), port: Port(port)) }
}

extension DNSServer {
  /// Serves on a loopback port.
  func serve(_ handler: any DNSHandler) throws -> (id: ListenerID, port: UInt16) {
    let sockets = try LocalSockets()
    let id = try add(
      DNSListener(datagrams: sockets.datagrams, connections: sockets.connections, handler: handler))
    return (id, sockets.port)
  }
}

/// Who asks by UDP.
struct DatagramClient {
  let socket: FileDescriptor

  init(_ port: UInt16, address: SocketAddress? = nil) throws {
    let address = address ?? .ipv4([127, 0, 0, 1], port: port)
    socket = try Sockets.make({ if case .ipv6 = address { .ipv6 } else { .ipv4 } }(), .datagram)
    try Sockets.connect(socket, to: address)
  }

  func send(_ bytes: [UInt8]) throws { _ = try Sockets.send(bytes, to: socket) }
  func send(_ message: Message) throws { try send(message.encoded()) }

  func receive() throws -> [UInt8] {
    try waitUntilReadable(socket)
    return try Sockets.receive(from: socket).bytes
  }

  func ask(_ message: Message) throws -> Message {
    try send(message)
    return try Message(decoding: receive())
  }
}

/// Either end of a TCP connection: messages with their length in front.
final class StreamPeer {
  let socket: FileDescriptor
  private var input: [UInt8] = []

  init(_ socket: FileDescriptor) { self.socket = socket }

  /// - Parameter buffers: bytes of the socket's buffers, where the kernel's own are too large.
  convenience init(connectingTo port: UInt16, buffers: Int32? = nil) throws {
    let socket = try Sockets.make(.ipv4, .stream, nonBlocking: false)
    if let buffers {
      try Sockets.set(.receiveBuffer, buffers, of: socket)
      try Sockets.set(.sendBuffer, buffers, of: socket)
    }
    try Sockets.connect(socket, to: .ipv4([127, 0, 0, 1], port: port))
    self.init(socket)
  }

  static func framed(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
  }

  func send(raw bytes: [UInt8]) throws { try socket.writeAll(bytes) }
  func send(_ bytes: [UInt8]) throws { try send(raw: Self.framed(bytes)) }
  func send(_ message: Message) throws { try send(message.encoded()) }

  /// The next message; nil at the end of the connection.
  func receive() throws -> [UInt8]? {
    while true {
      if input.count >= 2 {
        let length = Int(input[0]) << 8 | Int(input[1])
        if input.count >= 2 + length {
          defer { input.removeFirst(2 + length) }
          return Array(input[2..<(2 + length)])
        }
      }
      try waitUntilReadable(socket)
      do throws(SystemError) {
        let more = try socket.read(upTo: 65536)
        if more.isEmpty { return nil }
        input += more
      } catch {
        if error.code == .connectionReset { return nil }
        throw error
      }
    }
  }

  func ask(_ message: Message) throws -> Message {
    try send(message)
    return try Message(decoding: try #require(try receive()))
  }
}

extension LocalSockets {
  /// The next question by UDP, and who asks.
  func question() throws -> (query: Message, peer: SocketAddress) {
    try waitUntilReadable(datagrams)
    let (bytes, peer) = try Sockets.receive(from: datagrams)
    return (try Message(decoding: bytes), try #require(peer))
  }

  /// Answers by UDP.
  func answer(_ message: Message, to peer: SocketAddress) throws {
    _ = try Sockets.send(message.encoded(), from: datagrams, to: peer)
  }

  /// The next connection.
  func connection() throws -> StreamPeer {
    try waitUntilReadable(connections)
    return StreamPeer(try Sockets.accept(connections, nonBlocking: false).connection)
  }
}

extension Message {
  /// An answer to this query.
  func answered(
    _ code: ResponseCode = .noError, truncated: Bool = false, _ records: [ResourceRecord] = []
  ) -> Message {
    Message(
      Header(id: header.id, flags: responseFlags(code, truncated: truncated)), questions: questions, answers: records)
  }
}

extension Message {
  /// An answer to this query with records.
  func answered(_ records: [ResourceRecord]) -> Message { answered(.noError, records) }
}

/// How many sockets this process has open. Pipes and the like of servers that have just ended may still be there.
func openSockets() throws -> Int {
  var count = 0
  for number in try FileSystem.list("/proc/self/fd") {
    // The descriptor of the listing itself has gone.
    guard let link = try? FileSystem.readLink("/proc/self/fd/\(number)") else { continue }
    if link.hasPrefix("socket:") { count += 1 }
  }
  return count
}
