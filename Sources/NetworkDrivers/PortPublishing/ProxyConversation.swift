import Linux

/// A connection to the port proxy: one request, one answer, and neither is waited for any longer than a while. What stops
/// the proxy must not stop the engine.
final class ProxyConversation {
  /// The proxy has not taken the request, or not answered it, in time. An answer may still come: the connection is of no
  /// use any more.
  struct Silence: Error {}

  private let socket: FileDescriptor
  private let epoll: Epoll

  /// Connects to a running proxy; nil where there is none.
  init?(path: String) throws {
    socket = try Sockets.make(.unix, .sequencedPackets)
    epoll = try Epoll()
    do { try Sockets.connect(socket, to: .unix(path)) } catch {
      if error.code == .noEntry || error.code == .connectionRefused { return nil }
      // As many wait for it to take them as can.
      if error.code == .tryAgain { throw Silence() }
      throw error
    }
  }

  /// - Parameter patience: milliseconds.
  /// - Throws: `Silence`, and `SystemError` where the proxy has ended.
  func ask(_ request: ProxyProtocol.Request, _ descriptors: [FileDescriptor], patience: Int32) throws -> String {
    let end = Clock.monotonic + Int64(patience) * 1_000_000
    try attempt(.writable, until: end) { () throws(SystemError) in
      try socket.send(ProxyProtocol.encode(request), passing: descriptors)
    }
    let bytes = try attempt(.readable, until: end) { () throws(SystemError) in try socket.receive(upTo: 1 << 20).bytes }
    guard !bytes.isEmpty else { throw SystemError(.connectionReset, "recvmsg", "port proxy") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func attempt<Value>(
    _ readiness: Readiness, until end: Int64, _ body: () throws(SystemError) -> Value
  ) throws -> Value {
    while true {
      do throws(SystemError) { return try body() } catch { guard error.code == .tryAgain else { throw error } }
      let rest = (end - Clock.monotonic) / 1_000_000
      guard rest > 0 else { throw Silence() }
      try epoll.set(socket.rawValue, readiness, token: 0)
      _ = try epoll.wait(timeout: Int32(clamping: rest))
    }
  }
}
