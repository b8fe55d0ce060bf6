import Addressing
import Linux

/// One connection: two sockets, and a pipe for each direction through which the kernel moves the bytes (splice(2)).
final class StreamRelay: ProxyHandler {
  private final class Direction {
    let from: FileDescriptor
    let into: FileDescriptor
    let pipe: (read: FileDescriptor, write: FileDescriptor)
    /// Bytes in the pipe.
    var waiting = 0
    var ended = false
    var isDone = false
    /// Bytes that are moved at a time.
    private(set) var room = Pipe.usual
    private var total = 0
    private var isSettled = false

    init(_ from: FileDescriptor, _ into: FileDescriptor) throws(SystemError) {
      self.from = from
      self.into = into
      pipe = try FileDescriptor.pipe(nonBlocking: true)
    }

    /// Bytes have come into the pipe. A stream that carries much gets a wide pipe: the fewer pieces it is moved in, the
    /// less often this thread, the sender and the receiver wait for each other.
    func took(_ count: Int) {
      waiting += count
      if isSettled { return }
      total += count
      guard total > Pipe.much else { return }
      isSettled = true
      // Where this user has too many wide pipes already, a narrow one carries the same bytes.
      do { room = try pipe.write.setPipeCapacity(Pipe.wide) } catch {}
    }
  }

  private enum Pipe {
    /// What the kernel gives a new pipe.
    static let usual = 1 << 16
    /// The most that a pipe gets by default (/proc/sys/fs/pipe-max-size).
    static let wide = 1 << 20
    /// From how many bytes on a stream carries much.
    static let much = 1 << 18
    /// Bytes after which other connections have their turn.
    static let turn = 1 << 22
  }

  private let client: FileDescriptor
  private let server: FileDescriptor
  private let forth: Direction
  private let back: Direction
  private var isConnecting = true
  private var isClosed = false
  private let onClose: (StreamRelay) -> Void

  init(
    _ client: FileDescriptor, from peer: SocketAddress?, to target: SocketAddress, _ transport: TransportProtocol,
    onClose: @escaping (StreamRelay) -> Void
  ) throws(SystemError) {
    self.client = client
    self.onClose = onClose
    let domain: SocketDomain = if case .ipv6 = target { .ipv6 } else { .ipv4 }
    server = try Sockets.make(domain, .stream, protocolNumber: Int32(transport.number))
    forth = try Direction(client, server)
    back = try Direction(server, client)
    if transport == .tcp {
      try Self.prepare(client, isLocal: peer?.isLoopback ?? false)
      try Self.prepare(server, isLocal: true)
    }
    do { try Sockets.connect(server, to: target) } catch {
      guard error.code == .inProgress else { throw error }
    }
  }

  /// What one side writes in one piece leaves here at once. The way to a container, and to a client on this host, crosses
  /// nobody's network: sending at a measured pace there, as BBR does where it is the host's choice, would only be slower.
  private static func prepare(_ socket: FileDescriptor, isLocal: Bool) throws(SystemError) {
    try Sockets.set(.tcpNoDelay, 1, of: socket)
    // Where somebody forbids the choice, the host's own serves as well.
    if isLocal { do { try Sockets.setCongestionControl("reno", of: socket) } catch {} }
  }

  func start(_ loop: ProxyLoop) { loop.watch(server, .writable, self) }

  func close(_ loop: ProxyLoop) {
    guard !isClosed else { return }
    isClosed = true
    loop.forget(client)
    loop.forget(server)
    client.close()
    server.close()
    onClose(self)
  }

  func ready(_ descriptor: FileDescriptor, _ readiness: Readiness, _ loop: ProxyLoop) {
    if isConnecting {
      do {
        guard try Sockets.get(.pendingError, of: server) == 0 else { return close(loop) }
      } catch { return close(loop) }
      isConnecting = false
    }
    do {
      try pump(forth)
      try pump(back)
    } catch { return close(loop) }
    if forth.isDone && back.isDone { return close(loop) }
    // Nothing left to wait for on a side that reports an error is an end, too: else it would be reported for ever.
    let failed = readiness.contains(.error) || readiness.contains(.hangUp)
    let interests = [interest(client, reading: forth, writing: back), interest(server, reading: back, writing: forth)]
    if failed && interests.allSatisfy(\.isEmpty) { return close(loop) }
    loop.watch(client, interests[0], self)
    loop.watch(server, interests[1], self)
  }

  private func interest(_ socket: FileDescriptor, reading: Direction, writing: Direction) -> Readiness {
    var interest: Readiness = []
    if !reading.ended && reading.waiting == 0 { interest.insert(.readable) }
    if writing.waiting > 0 { interest.insert(.writable) }
    return interest
  }

  /// Moves what can move now, up to a limit: epoll tells again of what is left.
  private func pump(_ direction: Direction) throws(SystemError) {
    var moved = 0
    while !direction.isDone && moved < Pipe.turn {
      if direction.waiting == 0 && !direction.ended {
        guard let count = try move(direction.from, direction.pipe.write, direction.room) else { return }
        if count == 0 { direction.ended = true }
        direction.took(count)
      }
      if direction.waiting == 0 {
        // The reader said all: pass that on, the other direction may go on.
        direction.isDone = true
        do { try Sockets.shutdown(direction.into, .write) } catch {
          if error.code != .notConnected { throw error }
        }
        return
      }
      guard let count = try move(direction.pipe.read, direction.into, direction.waiting) else { return }
      direction.waiting -= count
      moved += count
    }
  }

  /// Nil where nothing can move now.
  private func move(
    _ from: FileDescriptor, _ into: FileDescriptor, _ count: Int
  ) throws(SystemError) -> Int? {
    do { return try from.splice(to: into, upTo: count) } catch {
      if error.code == .tryAgain { return nil }
      throw error
    }
  }
}

extension Errno {
  static let notConnected = Errno(rawValue: 107)
}

extension SocketAddress {
  /// Whether this is an address of 127/8, bare or mapped into IPv6, or `::1`.
  fileprivate var isLoopback: Bool {
    switch self {
    case .ipv4(let bytes, _), .ipv6(let bytes, _, _): IPAddress(bytes: bytes)?.unmapped.isLoopback ?? false
    default: false
    }
  }
}
