import Linux

/// A server in a namespace that tells each client the address it sees it under.
final class EchoServer: Sendable {
  private let stop: FileDescriptor

  /// Serves until this object goes, with both transports on one port.
  init(in namespace: FileDescriptor, port: UInt16) async throws {
    let (read, write) = try FileDescriptor.pipe()
    stop = write
    let sockets = try await Lab.onThread {
      try Namespaces.inside(namespace, .network) {
        // One socket for both families where there is IPv6, else IPv4 alone.
        func make(_ kind: SocketKind) throws -> FileDescriptor {
          let socket = try Sockets.make(.ipv6, kind)
          try Sockets.set(.ipv6Only, 0, of: socket)
          try Sockets.set(.reuseAddress, 1, of: socket)
          try Sockets.bind(socket, to: .ipv6([UInt8](repeating: 0, count: 16), port: port))
          return socket
        }
        let stream = try make(.stream)
        try Sockets.listen(stream)
        return [stream, try make(.datagram)]
      }
    }
    try Threads.start(name: "echo") { Self.serve(sockets[0], sockets[1], until: read) }
  }

  deinit { stop.close() }

  private static func serve(_ stream: FileDescriptor, _ datagrams: FileDescriptor, until stop: FileDescriptor) {
    do {
      let epoll = try Epoll()
      try epoll.set(stream.rawValue, .readable, token: 0)
      try epoll.set(datagrams.rawValue, .readable, token: 1)
      try epoll.set(stop.rawValue, .readable, token: 2)
      while true {
        for event in try epoll.wait() {
          switch event.token {
          case 0:
            let (connection, peer) = try Sockets.accept(stream)
            _ = try Sockets.send(Array(Self.text(peer).utf8), to: connection)
          case 1:
            let (_, peer) = try Sockets.receive(from: datagrams)
            if let peer { _ = try Sockets.send(Array(Self.text(peer).utf8), from: datagrams, to: peer) }
          default: return
          }
        }
      }
    } catch { StandardError.write("echo server: \(error)\n") }
  }

  /// The address alone; an IPv4 client of the IPv6 socket as IPv4.
  private static func text(_ peer: SocketAddress?) -> String {
    guard case .ipv6(let bytes, _, _) = peer else { return "?" }
    if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
      return bytes.suffix(4).map { String($0) }.joined(separator: ".")
    }
    return bytes.map { String($0, radix: 16) }.joined(separator: ":")
  }

  /// Asks a server from a namespace; nil when there is no answer within `milliseconds`.
  static func ask(
    _ kind: SocketKind = .stream, from namespace: FileDescriptor, at address: [UInt8], port: UInt16,
    milliseconds: Int32 = 2000
  ) async throws -> String? {
    try await Lab.onThread {
      let socket = try Namespaces.inside(namespace, .network) {
        try Sockets.make(address.count == 4 ? .ipv4 : .ipv6, kind)
      }
      do throws(SystemError) { try Sockets.connect(socket, to: SocketAddress(address, port: port)) } catch {
        guard error.code == .inProgress else { return nil }
      }
      let epoll = try Epoll()
      if kind == .stream {
        try epoll.set(socket.rawValue, .writable, token: 0)
        guard try !epoll.wait(timeout: milliseconds).isEmpty, try Sockets.get(.pendingError, of: socket) == 0 else {
          return nil
        }
      } else {
        _ = try Sockets.send([1], to: socket)
      }
      try epoll.set(socket.rawValue, .readable, token: 0)
      guard try !epoll.wait(timeout: milliseconds).isEmpty else { return nil }
      do {
        let bytes = try Sockets.receive(from: socket).bytes
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
      } catch { return nil }
    }
  }
}
