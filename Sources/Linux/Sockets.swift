import CLinux
import Glibc

/// How a socket transports data (socket(2)).
public enum SocketKind: Sendable {
  case stream, datagram, sequencedPackets, raw

  var number: Int32 {
    switch self {
    case .stream: Int32(SOCK_STREAM.rawValue)
    case .datagram: Int32(SOCK_DGRAM.rawValue)
    case .sequencedPackets: Int32(SOCK_SEQPACKET.rawValue)
    case .raw: Int32(SOCK_RAW.rawValue)
    }
  }
}

/// Which families of sockets there are here.
public enum SocketDomain: Sendable {
  case ipv4, ipv6, unix

  var number: Int32 {
    switch self {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }
}

/// An option of a socket whose value is a number (socket(7), ip(7), ipv6(7), tcp(7)).
public struct SocketOption: Sendable {
  let level: Int32
  let number: Int32

  /// Binding to a port whose old connections still linger.
  public static let reuseAddress = SocketOption(level: SOL_SOCKET, number: SO_REUSEADDR)
  /// Several sockets on one port share its connections.
  public static let reusePort = SocketOption(level: SOL_SOCKET, number: SO_REUSEPORT)
  /// Probes a silent peer.
  public static let keepAlive = SocketOption(level: SOL_SOCKET, number: SO_KEEPALIVE)
  /// Bytes; the kernel doubles what is set.
  public static let receiveBuffer = SocketOption(level: SOL_SOCKET, number: SO_RCVBUF)
  /// Bytes; the kernel doubles what is set.
  public static let sendBuffer = SocketOption(level: SOL_SOCKET, number: SO_SNDBUF)
  /// How an asynchronous connect ended: 0 or an error number. Reading clears it.
  public static let pendingError = SocketOption(level: SOL_SOCKET, number: SO_ERROR)
  /// An IPv6 socket takes no IPv4 connections (IPPROTO_IPV6, IPV6_V6ONLY).
  public static let ipv6Only = SocketOption(level: 41, number: 26)
  /// Binding to addresses that no link has (IPPROTO_IP, IP_FREEBIND).
  public static let ipv4FreeBind = SocketOption(level: 0, number: 15)
  /// Small writes leave at once (IPPROTO_TCP, TCP_NODELAY).
  public static let tcpNoDelay = SocketOption(level: 6, number: 1)
}

/// Which side of a connection ends (shutdown(2)).
public enum ShutdownSide: Int32, Sendable {
  case read = 0
  case write = 1
  case both = 2
}

/// Sockets of AF_INET, AF_INET6 and AF_UNIX. Each is close-on-exec and in the network namespace of the thread that made it.
public enum Sockets {
  /// Makes a socket (socket(2)).
  /// - Parameter protocolNumber: IANA's number where the kind alone does not say it (SCTP: 132).
  public static func make(
    _ domain: SocketDomain, _ kind: SocketKind, protocolNumber: Int32 = 0, nonBlocking: Bool = true
  ) throws(SystemError) -> FileDescriptor {
    let type = kind.number | O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0)
    return FileDescriptor(owning: try check("socket") { socket(domain.number, type, protocolNumber) })
  }

  /// Two connected unix sockets (socketpair(2)).
  public static func pair(
    _ kind: SocketKind, nonBlocking: Bool = true
  ) throws(SystemError) -> (FileDescriptor, FileDescriptor) {
    var numbers: [Int32] = [-1, -1]
    try check("socketpair") {
      socketpair(AF_UNIX, kind.number | O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0), 0, &numbers)
    }
    return (FileDescriptor(owning: numbers[0]), FileDescriptor(owning: numbers[1]))
  }

  /// Gives a socket its address (bind(2)).
  public static func bind(_ socket: FileDescriptor, to address: SocketAddress) throws(SystemError) {
    let raw = socket.rawValue
    _ = try address.withBytes("bind") { (bytes) throws(SystemError) in
      try check("bind", "\(address)") {
        bytes.withUnsafeBytes {
          Glibc.bind(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
      }
    }
  }

  /// Begins to take connections (listen(2)), at most `backlog` of them waiting.
  public static func listen(_ socket: FileDescriptor, backlog: Int32 = 4096) throws(SystemError) {
    let raw = socket.rawValue
    try check("listen") { Glibc.listen(raw, backlog) }
  }

  /// Takes the next connection; `.tryAgain` on a non-blocking socket without one.
  public static func accept(
    _ socket: FileDescriptor, nonBlocking: Bool = true
  ) throws(SystemError) -> (connection: FileDescriptor, peer: SocketAddress?) {
    let raw = socket.rawValue
    var buffer = [UInt8](repeating: 0, count: 128)
    var size = socklen_t(buffer.count)
    let connection = FileDescriptor(
      owning: try check("accept") {
        size = 128
        return buffer.withUnsafeMutableBytes {
          Glibc.accept(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
        }
      })
    // accept4(2) is hidden from Swift. Setting the flags afterwards loses nothing: children inherit only what they are
    // given (ProcessRequest).
    let number = connection.rawValue
    try check("fcntl") { apus_fcntl(number, F_SETFD, Int(FD_CLOEXEC)) }
    if nonBlocking { try connection.setNonBlocking(true) }
    return (connection, SocketAddress(buffer.prefix(Int(size))))
  }

  /// Begins to connect. A non-blocking socket throws `.inProgress`: wait until it is writable, then read
  /// `.pendingError`.
  public static func connect(_ socket: FileDescriptor, to address: SocketAddress) throws(SystemError) {
    let raw = socket.rawValue
    try address.withBytes("connect") { (bytes) throws(SystemError) in
      let result = bytes.withUnsafeBytes {
        Glibc.connect(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
      if result == 0 { return }
      // An interrupted connect goes on by itself; a second call would only say that.
      let code = Errno.current == .interrupted ? Errno.inProgress : Errno.current
      throw SystemError(code, "connect", "\(address)")
    }
  }

  /// Ends one or both directions of a connection (shutdown(2)).
  public static func shutdown(_ socket: FileDescriptor, _ side: ShutdownSide) throws(SystemError) {
    let raw = socket.rawValue
    try check("shutdown") { Glibc.shutdown(raw, side.rawValue) }
  }

  /// The socket's own address; with port 0 asked for, the port that the kernel chose.
  public static func localAddress(_ socket: FileDescriptor) throws(SystemError) -> SocketAddress? {
    try name(socket, "getsockname") { getsockname($0, $1, $2) }
  }

  /// The other end's address.
  public static func peerAddress(_ socket: FileDescriptor) throws(SystemError) -> SocketAddress? {
    try name(socket, "getpeername") { getpeername($0, $1, $2) }
  }

  private static func name(
    _ socket: FileDescriptor, _ operation: String,
    _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(SystemError) -> SocketAddress? {
    let raw = socket.rawValue
    var buffer = [UInt8](repeating: 0, count: 128)
    var size = socklen_t(buffer.count)
    try check(operation) {
      buffer.withUnsafeMutableBytes { call(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size) }
    }
    return SocketAddress(buffer.prefix(Int(size)))
  }

  /// Sets an option (setsockopt(2)).
  public static func set(_ option: SocketOption, _ value: Int32, of socket: FileDescriptor) throws(SystemError) {
    let raw = socket.rawValue
    var value = value
    try check("setsockopt") { setsockopt(raw, option.level, option.number, &value, 4) }
  }

  /// Reads an option (getsockopt(2)).
  public static func get(_ option: SocketOption, of socket: FileDescriptor) throws(SystemError) -> Int32 {
    let raw = socket.rawValue
    var value: Int32 = 0
    var size: socklen_t = 4
    try check("getsockopt") { getsockopt(raw, option.level, option.number, &value, &size) }
    return value
  }

  /// How a TCP socket's sender copes with congestion (tcp(7), TCP_CONGESTION), by the kernel's name of the algorithm.
  public static func congestionControl(of socket: FileDescriptor) throws(SystemError) -> String {
    let raw = socket.rawValue
    var name = [UInt8](repeating: 0, count: 16)
    var size = socklen_t(name.count)
    try check("getsockopt") { getsockopt(raw, Self.tcp, Self.congestion, &name, &size) }
    return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Chooses the algorithm of a TCP socket's sender. `reno` is in every kernel, and open to everybody; another one may be
  /// `.noEntry` or `.notPermitted`.
  public static func setCongestionControl(_ name: String, of socket: FileDescriptor) throws(SystemError) {
    let raw = socket.rawValue
    let bytes = Array(name.utf8)
    try check("setsockopt", name) {
      bytes.withUnsafeBytes { setsockopt(raw, Self.tcp, Self.congestion, $0.baseAddress, socklen_t($0.count)) }
    }
  }

  private static let tcp: Int32 = 6
  private static let congestion: Int32 = 13

  /// Sends one message of a packet socket, or part of a stream; returns how many bytes the kernel took. A closed peer is
  /// `.brokenPipe`, never a signal.
  public static func send(_ bytes: some Collection<UInt8>, to socket: FileDescriptor) throws(SystemError) -> Int {
    let raw = socket.rawValue
    let array = ContiguousArray(bytes)
    return try check("send") {
      array.withUnsafeBytes { Glibc.send(raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }
  }

  /// Sends a datagram to an address.
  public static func send(
    _ bytes: [UInt8], from socket: FileDescriptor, to address: SocketAddress
  ) throws(SystemError) -> Int {
    let raw = socket.rawValue
    return try address.withBytes("sendto") { (name) throws(SystemError) in
      try check("sendto", "\(address)") {
        name.withUnsafeBytes { name in
          bytes.withUnsafeBytes {
            sendto(
              raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL),
              name.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t(name.count))
          }
        }
      }
    }
  }

  /// Receives one datagram and where it came from.
  public static func receive(
    from socket: FileDescriptor, upTo count: Int = 65536
  ) throws(SystemError) -> (bytes: [UInt8], peer: SocketAddress?) {
    let raw = socket.rawValue
    var buffer = [UInt8](repeating: 0, count: 128)
    var size = socklen_t(buffer.count)
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { space, initialized in
      do throws(SystemError) {
        initialized = try check("recvfrom") {
          size = 128
          return buffer.withUnsafeMutableBytes {
            recvfrom(
              raw, space.baseAddress, count, 0, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
          }
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return (bytes, SocketAddress(buffer.prefix(Int(size))))
  }
}
