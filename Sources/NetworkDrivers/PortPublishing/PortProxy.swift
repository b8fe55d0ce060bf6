import Addressing
import Linux

/// The body of the process that holds published ports and leads on what the kernel cannot translate: one process for all
/// ports, one thread, one epoll. It outlives the engine, so neither ports nor connections are lost with it.
public enum PortProxy {
  /// Serves until nobody needs it any more: no port is held and no engine is connected.
  /// - Parameter listener: a listening unix socket of sequenced packets, made by the engine before it started us.
  /// - Returns: the exit code.
  public static func main(listener: Int32 = 3) -> Int32 {
    do {
      SignalStream.ignoreBrokenPipes()
      try ProxyLoop(listener: FileDescriptor(owning: listener)).run()
      return 0
    } catch {
      StandardError.write("port-proxy: \(error)\n")
      return 1
    }
  }
}

/// Something that waits for descriptors.
protocol ProxyHandler: AnyObject {
  /// A descriptor that it registered is ready.
  func ready(_ descriptor: FileDescriptor, _ readiness: Readiness, _ loop: ProxyLoop)
}

/// Dispatches readiness to handlers.
final class ProxyLoop {
  private struct Registration {
    let handler: any ProxyHandler
    let descriptor: FileDescriptor
    var interest: Readiness
  }
  private let epoll: Epoll
  private let listener: FileDescriptor
  private var registrations: [UInt64: Registration] = [:]
  private var tokens: [ObjectIdentifier: UInt64] = [:]
  private var nextToken: UInt64 = 1
  private var connections = 0
  var ports: [ProxyProtocol.Key: any ProxyPort] = [:]

  /// Milliseconds between two looks at what has expired.
  private static let tick: Int32 = 5000

  init(listener: FileDescriptor) throws {
    epoll = try Epoll()
    self.listener = listener
    try listener.setNonBlocking(true)
  }

  func run() throws {
    let door = ProxyDoor(listener)
    watch(listener, .readable, door)
    var idle = 0
    while true {
      let events = try epoll.wait(timeout: Self.tick)
      for event in events {
        guard let registration = registrations[event.token] else { continue }
        registration.handler.ready(registration.descriptor, event.readiness, self)
      }
      let now = Clock.monotonic
      for port in ports.values { port.expire(now, self) }
      // Two quiet ticks, so that an engine that is just starting us gets here.
      idle = events.isEmpty && ports.isEmpty && connections == 0 ? idle + 1 : 0
      if idle == 2 { return }
    }
  }

  /// Sets what a handler waits for on a descriptor; nothing means that it is forgotten for now.
  func watch(_ descriptor: FileDescriptor, _ interest: Readiness, _ handler: any ProxyHandler) {
    let id = ObjectIdentifier(descriptor)
    if let token = tokens[id] {
      if registrations[token]?.interest == interest { return }
      if interest.isEmpty { return forget(descriptor) }
      registrations[token]?.interest = interest
      arm(descriptor, interest, token)
      return
    }
    guard !interest.isEmpty else { return }
    let token = nextToken
    nextToken += 1
    tokens[id] = token
    registrations[token] = Registration(handler: handler, descriptor: descriptor, interest: interest)
    arm(descriptor, interest, token)
  }

  private func arm(_ descriptor: FileDescriptor, _ interest: Readiness, _ token: UInt64) {
    do { try epoll.set(descriptor.rawValue, interest, token: token) } catch {
      StandardError.write("port-proxy: \(error)\n")
    }
  }

  /// Must be called before a descriptor is closed.
  func forget(_ descriptor: FileDescriptor) {
    guard let token = tokens.removeValue(forKey: ObjectIdentifier(descriptor)) else { return }
    registrations[token] = nil
    epoll.remove(descriptor.rawValue)
  }

  func connected() { connections += 1 }
  func disconnected() { connections -= 1 }
}

/// Takes connections from engines.
final class ProxyDoor: ProxyHandler {
  private let listener: FileDescriptor
  init(_ listener: FileDescriptor) { self.listener = listener }

  func ready(_ descriptor: FileDescriptor, _ readiness: Readiness, _ loop: ProxyLoop) {
    do {
      let connection = try Sockets.accept(listener).connection
      loop.connected()
      loop.watch(connection, .readable, ProxyConnection())
    } catch {
      if error.code != .tryAgain { StandardError.write("port-proxy: \(error)\n") }
    }
  }
}

/// One engine.
final class ProxyConnection: ProxyHandler {
  func ready(_ descriptor: FileDescriptor, _ readiness: Readiness, _ loop: ProxyLoop) {
    do {
      let (bytes, passed) = try descriptor.receive(upTo: 4096)
      if bytes.isEmpty { return end(descriptor, loop) }
      try descriptor.send(Array(answer(bytes, passed, loop).utf8), passing: [])
    } catch {
      if error.code != .tryAgain { end(descriptor, loop) }
    }
  }

  private func end(_ descriptor: FileDescriptor, _ loop: ProxyLoop) {
    loop.forget(descriptor)
    descriptor.close()
    loop.disconnected()
  }

  private func answer(_ bytes: [UInt8], _ passed: [FileDescriptor], _ loop: ProxyLoop) -> String {
    switch ProxyProtocol.decode(bytes) {
    case .list: return (["ok"] + loop.ports.keys.map(\.description)).joined(separator: " ")
    case .add(let key, let target, let port):
      guard let socket = passed.first else { return "error no socket came with \(key)" }
      loop.ports[key]?.close(loop)
      loop.ports[key] =
        key.transport == .udp
        ? DatagramPort(socket, target: target, port: port)
        : StreamPort(socket, key.transport, target: target, port: port)
      return "ok"
    case .open(let key):
      guard let port = loop.ports[key] else { return "error \(key) is not held" }
      do {
        try port.open(loop)
        return "ok"
      } catch { return "error \(error)" }
    case .remove(let key):
      loop.ports.removeValue(forKey: key)?.close(loop)
      return "ok"
    case nil: return "error unknown request"
    }
  }
}

/// A port that is held.
protocol ProxyPort: AnyObject {
  /// Begins to lead on.
  func open(_ loop: ProxyLoop) throws
  /// Lets the port and all its connections go.
  func close(_ loop: ProxyLoop)
  /// Lets go what has been silent for too long; `now` in nanoseconds.
  func expire(_ now: Int64, _ loop: ProxyLoop)
}
