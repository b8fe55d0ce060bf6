import Addressing
import Linux
import NetworkModel

/// A TCP (or SCTP) port: each connection is led on by moving bytes inside the kernel.
final class StreamPort: ProxyPort, ProxyHandler {
  private let socket: FileDescriptor
  private let target: SocketAddress?
  private let transport: TransportProtocol
  private var relays: [ObjectIdentifier: StreamRelay] = [:]

  init(_ socket: FileDescriptor, _ transport: TransportProtocol, target: IPAddress?, port: Port) {
    self.socket = socket
    self.transport = transport
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
      let peer: SocketAddress?
      do { (client, peer) = try Sockets.accept(socket) } catch {
        if error.code == .tooManyFiles || error.code == .tooManyFilesOnHost {
          paused = true
          loop.forget(socket)
        }
        return
      }
      do {
        let relay = try StreamRelay(client, from: peer, to: target, transport) { [weak self] relay in
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
