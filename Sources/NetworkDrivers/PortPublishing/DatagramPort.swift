import Addressing
import Linux

/// A UDP port: each sender gets a socket of its own towards the container, so that answers find their way back.
final class DatagramPort: ProxyPort, ProxyHandler {
  private final class Flow {
    let socket: FileDescriptor
    let origin: DatagramReturn
    var lastUse: Int64
    init(_ socket: FileDescriptor, _ origin: DatagramReturn) {
      self.socket = socket
      self.origin = origin
      lastUse = Clock.monotonic
    }
  }

  private let socket: FileDescriptor
  private let target: SocketAddress?
  private var flows: [DatagramReturn: Flow] = [:]
  private var bySocket: [ObjectIdentifier: Flow] = [:]

  /// Nanoseconds of silence after which a sender is forgotten: docker's 90 seconds.
  private static let timeout: Int64 = 90 * 1_000_000_000
  /// More senders than that at a time are not served: each costs a descriptor.
  private static let limit = 4096

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
    for flow in flows.values { end(flow, loop) }
  }

  func expire(_ now: Int64, _ loop: ProxyLoop) {
    for flow in flows.values where now - flow.lastUse > Self.timeout { end(flow, loop) }
  }

  private func end(_ flow: Flow, _ loop: ProxyLoop) {
    loop.forget(flow.socket)
    bySocket[ObjectIdentifier(flow.socket)] = nil
    flows[flow.origin] = nil
    flow.socket.close()
  }

  func ready(_ descriptor: FileDescriptor, _ readiness: Readiness, _ loop: ProxyLoop) {
    for _ in 0..<64 {
      do {
        if descriptor === socket {
          let (bytes, origin) = try Datagrams.receive(from: socket)
          guard let flow = try flow(from: origin, loop) else { continue }
          flow.lastUse = Clock.monotonic
          _ = try Sockets.send(bytes, to: flow.socket)
        } else {
          guard let flow = bySocket[ObjectIdentifier(descriptor)] else { return }
          let (bytes, _) = try Sockets.receive(from: descriptor)
          flow.lastUse = Clock.monotonic
          try Datagrams.send(bytes, from: socket, back: flow.origin)
        }
      } catch {
        // A datagram that cannot be delivered is lost, as datagrams are; a refusal of the container comes here too.
        if error.code == .tryAgain { return }
      }
    }
  }

  private func flow(from origin: DatagramReturn, _ loop: ProxyLoop) throws(SystemError) -> Flow? {
    if let flow = flows[origin] { return flow }
    guard let target, flows.count < Self.limit else { return nil }
    let domain: SocketDomain = if case .ipv6 = target { .ipv6 } else { .ipv4 }
    let outgoing = try Sockets.make(domain, .datagram)
    try Sockets.connect(outgoing, to: target)
    let flow = Flow(outgoing, origin)
    flows[origin] = flow
    bySocket[ObjectIdentifier(outgoing)] = flow
    loop.watch(outgoing, .readable, self)
    return flow
  }
}
