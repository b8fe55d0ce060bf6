import Addressing
import Linux

/// A TCP (or SCTP) port: each connection is led on by moving bytes inside the kernel.
final class StreamPort: ProxyPort, ProxyHandler {
  private let socket: FileDescriptor
  private let target: SocketAddress?
  private var relays: [ObjectIdentifier: StreamRelay] = [:]

  init(_ socket: FileDescriptor, target: IPAddress?, port: Port) {
    self.socket = socket
    self.target = target.map { SocketAddress($0.bytes, port: port.rawValue) }
  }

  func open(_ loop: ProxyLoop) throws {
    guard target != nil else { return }
    try socket.setNonBlocking(true)
    try HostPort.open(socket)
    loop.watch(socket, .readable, self)
  }

  func close(_ loop: ProxyLoop) {
    loop.forget(socket)
    socket.close()
    for relay in relays.values { relay.close(loop) }
    relays = [:]
  }

  func expire(_ now: Int64, _ loop: ProxyLoop) {
    // After a lack of descriptors the port sleeps until the next tick.
    if target != nil, !relays.isEmpty || paused {
      paused = false
      loop.watch(socket, .readable, self)
    }
  }
  private var paused = false

  func ready(_ descriptor: FileDescriptor, _ readiness: Readiness, _ loop: ProxyLoop) {
    guard let target else { return }
    // A few at a time, so that one busy port does not starve the others.
    for _ in 0..<16 {
      let client: FileDescriptor
      do { client = try Sockets.accept(socket).connection } catch {
        if error.code == .tooManyFiles || error.code == .tooManyFilesOnHost {
          paused = true
          loop.forget(socket)
        }
        return
      }
      do {
        let relay = try StreamRelay(client, to: target) { [weak self] relay in
          self?.relays[ObjectIdentifier(relay)] = nil
        }
        relays[ObjectIdentifier(relay)] = relay
        relay.start(loop)
      } catch {
        // The client sees its connection closed, as it would see a refusal.
        client.close()
      }
    }
  }
}

extension Errno {
  static let tooManyFiles = Errno(rawValue: 24)
  static let tooManyFilesOnHost = Errno(rawValue: 23)
}

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

    init(_ from: FileDescriptor, _ into: FileDescriptor) throws(SystemError) {
      self.from = from
      self.into = into
      pipe = try FileDescriptor.pipe(nonBlocking: true)
    }
  }

  private let client: FileDescriptor
  private let server: FileDescriptor
  private let forth: Direction
  private let back: Direction
  private var isConnecting = true
  private var isClosed = false
  private let onClose: (StreamRelay) -> Void
  private static let chunk = 1 << 16

  init(_ client: FileDescriptor, to target: SocketAddress, onClose: @escaping (StreamRelay) -> Void) throws(SystemError)
  {
    self.client = client
    self.onClose = onClose
    let domain: SocketDomain = if case .ipv6 = target { .ipv6 } else { .ipv4 }
    server = try Sockets.make(domain, .stream)
    forth = try Direction(client, server)
    back = try Direction(server, client)
    do { try Sockets.connect(server, to: target) } catch {
      guard error.code == .inProgress else { throw error }
    }
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

  /// Moves what can move now.
  private func pump(_ direction: Direction) throws(SystemError) {
    while !direction.isDone {
      if direction.waiting == 0 && !direction.ended {
        guard let moved = try move(direction.from, direction.pipe.write, Self.chunk) else { return }
        if moved == 0 { direction.ended = true }
        direction.waiting += moved
      }
      if direction.waiting == 0 {
        // The reader said all: pass that on, the other direction may go on.
        direction.isDone = true
        do { try Sockets.shutdown(direction.into, .write) } catch {
          if error.code != .notConnected { throw error }
        }
        return
      }
      guard let moved = try move(direction.pipe.read, direction.into, direction.waiting) else { return }
      direction.waiting -= moved
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
