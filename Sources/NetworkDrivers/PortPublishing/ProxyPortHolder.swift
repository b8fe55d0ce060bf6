import Addressing
import Linux
import NetworkModel

/// Holds ports in a process of its own that outlives this one, and leads on there what the kernel cannot translate.
/// Not thread-safe: the controller's thread alone uses it.
final class ProxyPortHolder: PortHolder {
  private let program: String
  private let path: String
  private var connection: FileDescriptor?
  /// What the proxy holds, so that one that died can be replaced with the same ports.
  private var held: [ProxyProtocol.Key: PublishedPort] = [:]
  private var opened: Set<ProxyProtocol.Key> = []
  /// What a proxy from before this process holds already.
  private var inherited: Set<ProxyProtocol.Key> = []

  /// Finds a proxy that an engine before us left, if there is one.
  /// - Parameters:
  ///   - program: started as `PROGRAM port-proxy` with a listening socket as descriptor 3.
  ///   - path: of the proxy's socket.
  init(program: String, path: String) throws {
    self.program = program
    self.path = path
    if let connection = try connect() {
      self.connection = connection
      let answer = try exchange(.list, [], on: connection)
      inherited = Set(answer.split(separator: " ").compactMap { ProxyProtocol.Key($0) })
    }
  }

  func hold(_ port: PublishedPort) throws {
    let key = ProxyProtocol.Key(port)
    if held[key] == port { return }
    if inherited.remove(key) == nil {
      guard let socket = try PortReservation.bind(port) else { return }
      try request(.add(key, target: port.target, port: port.container.port), [socket.descriptor])
    }
    held[key] = port
  }

  func open(_ port: PublishedPort) throws {
    let key = ProxyProtocol.Key(port)
    guard held[key] != nil else { return }
    try request(.open(key))
    opened.insert(key)
  }

  func release(_ port: PublishedPort) {
    let key = ProxyProtocol.Key(port)
    guard held.removeValue(forKey: key) != nil else { return }
    opened.remove(key)
    do { try request(.remove(key)) } catch { Diagnostics.warn("port \(key): \(error)") }
  }

  /// Lets go what the proxy holds for nobody.
  func releaseRest() {
    for key in inherited {
      do { try request(.remove(key)) } catch { Diagnostics.warn("port \(key): \(error)") }
    }
    inherited = []
  }

  /// Asks the proxy, a new one where the old one died.
  private func request(_ request: ProxyProtocol.Request, _ descriptors: [FileDescriptor] = []) throws {
    if let connection {
      do {
        _ = try exchange(request, descriptors, on: connection)
        return
      } catch is SystemError {
        // It died. What it held is free now, so it is ours to take again.
        self.connection = nil
        connection.close()
      }
    }
    let connection = try start()
    self.connection = connection
    for (key, port) in held {
      // A port that another process took in between is lost to its own container and to nobody else.
      do {
        guard let socket = try PortReservation.bind(port) else { continue }
        _ = try exchange(
          .add(key, target: port.target, port: port.container.port), [socket.descriptor], on: connection)
        if opened.contains(key) { _ = try exchange(.open(key), [], on: connection) }
      } catch let error as NetworkError { Diagnostics.warn("after the port proxy's end: \(error)") }
    }
    _ = try exchange(request, descriptors, on: connection)
  }

  private func exchange(
    _ request: ProxyProtocol.Request, _ descriptors: [FileDescriptor], on connection: FileDescriptor
  ) throws -> String {
    try connection.send(ProxyProtocol.encode(request), passing: descriptors)
    let (bytes, _) = try connection.receive(upTo: 1 << 20)
    guard !bytes.isEmpty else { throw SystemError(.connectionReset, "recvmsg", "port proxy") }
    let text = String(decoding: bytes, as: UTF8.self)
    if text == "ok" { return "" }
    if text.hasPrefix("ok ") { return String(text.dropFirst(3)) }
    throw NetworkError(.failed, "port proxy: \(text)")
  }

  /// Connects to a running proxy; nil when there is none.
  private func connect() throws -> FileDescriptor? {
    let socket = try Sockets.make(.unix, .sequencedPackets, nonBlocking: false)
    do { try Sockets.connect(socket, to: .unix(path)) } catch {
      if error.code == .noEntry || error.code == .connectionRefused { return nil }
      throw error
    }
    return socket
  }

  /// Starts a proxy. Its socket listens before the process is there, so there is nothing to wait for.
  private func start() throws -> FileDescriptor {
    if let running = try connect() { return running }
    try FileSystem.removeFile(path)
    let listener = try Sockets.make(.unix, .sequencedPackets)
    try Sockets.bind(listener, to: .unix(path))
    try FileSystem.changeMode(path, 0o600)
    try Sockets.listen(listener, backlog: 16)
    var request = ProcessRequest(
      program, ["port-proxy"], workingDirectory: "/",
      descriptors: [nil, nil, nil, listener])
    // The engine's terminal and its signals are none of the proxy's business.
    request.newSession = true
    _ = try ChildProcess.start(request)
    guard let connection = try connect() else {
      throw NetworkError(.failed, "the port proxy \(program) does not listen at \(path)")
    }
    return connection
  }
}
