import Linux

/// A query that was given to upstreams: one after the other until one answers.
final class Forward: LoopSource {
  private let query: Query
  private let bytes: [UInt8]
  private let listener: Listener
  private let client: Client
  private var upstreams: ArraySlice<Upstream>
  private var exchange: (any Exchange)?
  private var interest: Readiness = []
  private var token: UInt64 = 0

  /// How many upstreams are asked, as resolv.conf(5) and dockerd have it.
  private static let most = 3

  init(_ query: Query, _ bytes: [UInt8], _ listener: Listener, _ client: Client, _ upstreams: [Upstream]) {
    self.query = query
    self.bytes = bytes
    self.listener = listener
    self.client = client
    self.upstreams = upstreams.prefix(Self.most)
  }

  /// Asks the first upstream. The client may have its answer when this returns: where none can be asked.
  func start(_ loop: ServerLoop) { askNext(loop) }

  /// Ends without an answer.
  func cancel(_ loop: ServerLoop) {
    hangUp(loop)
    listener.forget(self)
  }

  func ready(_ readiness: Readiness, _ loop: ServerLoop) {
    guard let exchange else { return }
    switch exchange.proceed(loop) {
    case .waiting:
      if exchange.interest != interest {
        interest = exchange.interest
        loop.rearm(exchange.socket, interest, token)
      }
    case .failed: askNext(loop)
    case .answer(var answer):
      answer[0] = UInt8(truncatingIfNeeded: query.id >> 8)
      answer[1] = UInt8(truncatingIfNeeded: query.id)
      let code = Self.flags(answer).responseCode
      // What an upstream cannot or will not answer another may; when none does, the failure is ours, as with dockerd.
      if code == .serverFailure || code == .refused { return askNext(loop) }
      listener.handler.forwarded(query.question, message: answer)
      finish(answer, loop)
    }
  }

  func expired(_ token: UInt64, _ loop: ServerLoop) { askNext(loop) }

  private func askNext(_ loop: ServerLoop) {
    hangUp(loop)
    while let upstream = upstreams.popFirst() {
      do {
        let exchange: any Exchange =
          client.isConnection
          ? try StreamExchange(upstream, query, bytes) : try DatagramExchange(upstream, query, bytes)
        interest = exchange.interest
        token = try loop.watch(exchange.socket, interest, self)
        self.exchange = exchange
        return loop.call(token, at: Clock.monotonic + loop.settings.upstreamTimeout.nanoseconds)
      } catch { continue }
    }
    finish(nil, loop)
  }

  private func hangUp(_ loop: ServerLoop) {
    guard let exchange else { return }
    loop.forget(exchange.socket, token)
    exchange.socket.close()
    self.exchange = nil
  }

  /// Gives the client its answer, or SERVFAIL.
  private func finish(_ answer: [UInt8]?, _ loop: ServerLoop) {
    hangUp(loop)
    listener.forget(self)
    var answer = answer
    if answer == nil {
      loop.writer.respond(to: query, in: bytes, code: .serverFailure, framed: false)
      answer = loop.writer.bytes
    }
    guard let answer else { return }
    switch client {
    case .connection(let connection): connection.deliver(answer, of: self, loop)
    case .datagram(let origin):
      if answer.count <= query.datagramLimit {
        // What cannot be sent is lost, as datagrams are.
        try? Datagrams.send(answer, from: listener.datagrams, back: origin)
      } else {
        loop.writer.truncated(Self.flags(answer), to: query, in: bytes)
        try? Datagrams.send(loop.writer.bytes, from: listener.datagrams, back: origin)
      }
    case .currentDatagram: break
    }
  }

  private static func flags(_ message: [UInt8]) -> HeaderFlags {
    HeaderFlags(rawValue: UInt16(message[2]) << 8 | UInt16(message[3]))
  }
}

/// One question to one upstream.
protocol Exchange: AnyObject {
  var socket: FileDescriptor { get }
  /// What the socket waits for.
  var interest: Readiness { get }
  /// Goes on, now that the socket is ready.
  func proceed(_ loop: ServerLoop) -> ExchangeProgress
}

/// How far it is.
enum ExchangeProgress {
  case waiting
  /// No answer will come from there.
  case failed
  /// The answer, with the id that we chose.
  case answer([UInt8])
}
