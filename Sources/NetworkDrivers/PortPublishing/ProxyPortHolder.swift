import Addressing
import Linux
import NetworkModel

/// Holds ports in a process of its own that outlives this one, and leads on there what the kernel cannot translate.
/// Not thread-safe: the controller's thread alone uses it.
final class ProxyPortHolder: PortHolder {
  private let program: String
  private let path: String
  private let patience: Int32
  private let shortPatience: Int32
  private var connection: ProxyConversation?
  /// The proxy has not answered the last request: the next ones are not waited for as long, so that many ports do not
  /// take many times as long as one.
  private var isSilent = false
  /// What the proxy holds, so that one that died can be replaced with the same ports.
  private var held: [ProxyProtocol.Key: PublishedPort] = [:]
  private var opened: Set<ProxyProtocol.Key> = []
  /// What a proxy from before this process holds already.
  private var inherited: Set<ProxyProtocol.Key> = []
  /// What the proxy may yet do of what it has not answered: when it answers again, it lets go what nobody wants.
  private var unsettled: Set<ProxyProtocol.Key> = []

  /// Finds a proxy that an engine before us left, if there is one.
  /// - Parameters:
  ///   - program: started as `PROGRAM port-proxy` with a listening socket as descriptor 3.
  ///   - path: of the proxy's socket.
  ///   - patience: milliseconds for one request; a proxy needs microseconds.
  ///   - shortPatience: the same where the request before was not answered.
  init(program: String, path: String, patience: Int32 = 5000, shortPatience: Int32 = 100) throws {
    self.program = program
    self.path = path
    self.patience = patience
    self.shortPatience = shortPatience
    do {
      if let connection = try ProxyConversation(path: path) {
        self.connection = connection
        inherited = try list(on: connection)
      }
    } catch is ProxyConversation.Silence { throw silence(.list) }
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

  /// Asks the proxy, a new one where the old one died, and tells of one that does not answer.
  private func request(_ request: ProxyProtocol.Request, _ descriptors: [FileDescriptor] = []) throws {
    do { try carryOut(request, descriptors) } catch is ProxyConversation.Silence {
      giveUp(request)
      throw silence(request)
    }
    if let key = request.key { unsettled.remove(key) }
    isSilent = false
    while let connection, let key = unsettled.popFirst() {
      if held[key] != nil { continue }
      do { _ = try exchange(.remove(key), [], on: connection) } catch is ProxyConversation.Silence {
        giveUp(.remove(key))
      } catch { Diagnostics.warn("port \(key): \(error)") }
    }
  }

  /// The connection goes: a late answer would be taken for the next request's.
  private func giveUp(_ request: ProxyProtocol.Request) {
    connection = nil
    isSilent = true
    if let key = request.key { unsettled.insert(key) }
  }

  private func silence(_ request: ProxyProtocol.Request) -> NetworkError {
    let what =
      switch request {
      case .add(let key, _, _): "hold port \(key)"
      case .open(let key): "lead on what comes to port \(key)"
      case .remove(let key): "let go port \(key)"
      case .list: "say which ports it holds"
      }
    return NetworkError(
      .failed,
      "the port proxy does not answer when it is asked to \(what): end the process that listens at \(path)"
        + " (`ss -xlp` names it) and try again; the next one takes over its ports")
  }

  private func carryOut(_ request: ProxyProtocol.Request, _ descriptors: [FileDescriptor]) throws {
    if let connection {
      do {
        _ = try exchange(request, descriptors, on: connection)
        return
      } catch is SystemError {
        // It died. What it held is free now, so it is ours to take again.
        self.connection = nil
      }
    }
    let connection = try start()
    self.connection = connection
    // The old one, where it has come to answer again.
    let present = try list(on: connection)
    for (key, port) in held where !present.contains(key) {
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

  /// What a proxy holds.
  private func list(on connection: ProxyConversation) throws -> Set<ProxyProtocol.Key> {
    Set(try exchange(.list, [], on: connection).split(separator: " ").compactMap { ProxyProtocol.Key($0) })
  }

  private func exchange(
    _ request: ProxyProtocol.Request, _ descriptors: [FileDescriptor], on connection: ProxyConversation
  ) throws -> String {
    let text = try connection.ask(request, descriptors, patience: isSilent ? shortPatience : patience)
    if text == "ok" { return "" }
    if text.hasPrefix("ok ") { return String(text.dropFirst(3)) }
    throw NetworkError(.failed, "port proxy: \(text)")
  }

  /// Starts a proxy. Its socket listens before the process is there, so there is nothing to wait for.
  private func start() throws -> ProxyConversation {
    if let running = try ProxyConversation(path: path) { return running }
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
    guard let connection = try ProxyConversation(path: path) else {
      throw NetworkError(.failed, "the port proxy \(program) does not listen at \(path)")
    }
    return connection
  }
}
