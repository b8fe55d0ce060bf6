import Linux

/// Two sockets that are served, and what hangs on them: connections, and queries that wait for upstreams.
final class Listener {
  let id: DNSServer.ListenerID
  let datagrams: FileDescriptor
  let connections: FileDescriptor
  let handler: any DNSHandler
  /// Its UDP socket is bound to all addresses, and each answer must leave from the one that was asked.
  let isForAll: Bool
  private var open: [ObjectIdentifier: Connection] = [:]
  private var forwards: [ObjectIdentifier: Forward] = [:]

  init(_ id: DNSServer.ListenerID, _ sockets: DNSListener, isForAll: Bool) {
    self.id = id
    self.isForAll = isForAll
    datagrams = sockets.datagrams
    connections = sockets.connections
    handler = sockets.handler
  }

  /// Lets everything go.
  func close(_ loop: ServerLoop) {
    loop.forget(datagrams, id.datagrams)
    loop.forget(connections, id.connections)
    datagrams.close()
    connections.close()
    for connection in open.values { connection.close(loop) }
    for forward in forwards.values { forward.cancel(loop) }
  }

  // MARK: Queries

  /// What became of a query.
  enum Outcome {
    /// The answer is in the loop's writer.
    case answered
    /// An upstream was asked; the answer comes by itself.
    case forwarded
    /// There is nothing to say.
    case ignored
  }

  /// Answers the first `count` bytes, or sees to it.
  func serve(_ bytes: [UInt8], count: Int, from client: Client, _ loop: ServerLoop) -> Outcome {
    let framed = client.isConnection
    let query: Query
    switch ReadQuery(bytes, count: count) {
    case .nothing: return .ignored
    case .refused(let header, let code):
      loop.writer.refuse(header, code, framed: framed)
      return .answered
    case .query(let read): query = read
    }
    let response: Response
    switch disposition(of: query) {
    case .answer(let records, let isAuthoritative):
      response = Response(isAuthoritative: isAuthoritative, answers: records)
    case .response(let whole): response = whole
    case .code(let code):
      loop.writer.respond(to: query, in: bytes, code: code, framed: framed)
      return .answered
    case .forward(let upstreams):
      guard forwards.count < loop.settings.forwardLimit else {
        loop.writer.respond(to: query, in: bytes, code: .refused, framed: framed)
        return .answered
      }
      let forward = Forward(query, Array(bytes[..<count]), self, client.kept(loop), upstreams)
      forwards[ObjectIdentifier(forward)] = forward
      if case .connection(let connection) = client { connection.hold(forward) }
      forward.start(loop)
      return .forwarded
    }
    loop.writer.respond(to: query, in: bytes, with: response, framed: framed)
    return .answered
  }

  private func disposition(of query: Query) -> Disposition {
    if let edns = query.edns, edns.version > 0 { return .code(.badVersion) }
    // A zone is many messages, which neither handlers nor the forwarder have.
    if query.question.type == .axfr || query.question.type == .ixfr { return .code(.notImplemented) }
    let disposition = handler.handle(query.question)
    if query.question.recordClass == .internet { return disposition }
    switch disposition {
    case .answer, .response: return .code(.refused)
    case .code, .forward: return disposition
    }
  }

  /// A query no longer waits for an upstream.
  func forget(_ forward: Forward) { forwards[ObjectIdentifier(forward)] = nil }

  // MARK: Connections

  /// Takes a connection in, or turns it away.
  func welcome(_ descriptor: FileDescriptor, _ loop: ServerLoop) {
    if open.count >= loop.settings.connectionLimit {
      // RFC 7766, section 6.2.3: who has been quiet makes room.
      let quietest = open.values.filter(\.isQuiet).min { $0.lastUse < $1.lastUse }
      guard let quietest else { return descriptor.close() }
      quietest.close(loop)
    }
    do throws(SystemError) {
      try Sockets.set(.tcpNoDelay, 1, of: descriptor)
      let connection = Connection(descriptor, self)
      try connection.start(loop)
      open[ObjectIdentifier(connection)] = connection
    } catch { descriptor.close() }
  }

  /// A connection has ended.
  func forget(_ connection: Connection) { open[ObjectIdentifier(connection)] = nil }
}

/// Who asks.
enum Client {
  /// Whoever sent the datagram that the loop has in its buffer.
  case currentDatagram
  /// Whoever sent an earlier datagram.
  case datagram(DatagramReturn)
  case connection(Connection)

  var isConnection: Bool { if case .connection = self { true } else { false } }

  /// The same for an answer that comes later.
  func kept(_ loop: ServerLoop) -> Client {
    if case .currentDatagram = self { .datagram(loop.queries.origin) } else { self }
  }
}
