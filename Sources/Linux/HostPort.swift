import CLinux
import Glibc

/// A port of this host held by a real socket, so that no other process can take it and we see that none has it.
public final class HostPort: Sendable {
  public let descriptor: FileDescriptor

  /// What kind of port.
  public enum Transport: Sendable {
    case tcp, udp, sctp
    var type: Int32 { self == .udp ? Int32(SOCK_DGRAM.rawValue) : Int32(SOCK_STREAM.rawValue) }
    var number: Int32 {
      switch self {
      case .tcp: 6
      case .udp: 17
      case .sctp: 132
      }
    }
  }

  /// Binds (and for TCP and SCTP listens) in the calling thread's network namespace. The socket takes no packet until
  /// `open`, so that no connection is answered here that belongs elsewhere.
  /// - Parameter address: 4 or 16 bytes in network order.
  public init(_ transport: Transport, address: [UInt8], port: UInt16) throws(SystemError) {
    let isIPv6 = address.count == 16
    let subject = "port \(port)"
    let descriptor = FileDescriptor(
      owning: try check("socket", subject) {
        socket(
          isIPv6 ? AF_INET6 : AF_INET, transport.type | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue),
          transport.number)
      })
    let raw = descriptor.rawValue
    try Self.attachDropFilter(raw)
    var on: Int32 = 1
    // A port that an ended server left in TIME_WAIT is free; a listening one is not.
    if transport != .udp { try check("setsockopt", subject) { setsockopt(raw, SOL_SOCKET, SO_REUSEADDR, &on, 4) } }
    if isIPv6 { try check("setsockopt", subject) { setsockopt(raw, 41 /* IPPROTO_IPV6 */, 26 /* V6ONLY */, &on, 4) } }
    if transport == .udp {
      // IP_PKTINFO, IPV6_RECVPKTINFO: an answer must leave from the address that was asked.
      try check("setsockopt", subject) { setsockopt(raw, isIPv6 ? 41 : 0, isIPv6 ? 49 : 8, &on, 4) }
    }
    let name = Self.socketAddress(address, port)
    try check("bind", subject) {
      name.withUnsafeBytes {
        bind(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
      }
    }
    if transport != .udp { try check("listen", subject) { listen(raw, 4096) } }
    self.descriptor = descriptor
  }

  /// SO_ATTACH_FILTER with a program of one instruction: return 0, which drops.
  private static func attachDropFilter(_ raw: Int32) throws(SystemError) {
    // struct sock_filter: code (BPF_RET | BPF_K), jt, jf, k.
    let program: [UInt8] = [0x06, 0, 0, 0, 0, 0, 0, 0]
    let result: Int32 = program.withUnsafeBytes { instructions in
      // struct sock_fprog: the number of instructions and, on the next pointer's boundary, where they are.
      var header: (UInt, UnsafeRawPointer?) = (1, instructions.baseAddress)
      return setsockopt(raw, SOL_SOCKET, 26, &header, 16)
    }
    if result != 0 { throw SystemError(.current, "setsockopt", "SO_ATTACH_FILTER") }
  }

  /// struct sockaddr_in or sockaddr_in6.
  static func socketAddress(_ address: [UInt8], _ port: UInt16) -> [UInt8] {
    let family = UInt16(address.count == 16 ? AF_INET6 : AF_INET)
    let head = [UInt8(family & 255), UInt8(family >> 8), UInt8(port >> 8), UInt8(port & 255)]
    if address.count == 16 { return head + [0, 0, 0, 0] + address + [0, 0, 0, 0] }
    return head + address + [UInt8](repeating: 0, count: 8)
  }
}

extension HostPort {
  /// Lets packets in to a port that another process bound and passed to us.
  public static func open(_ descriptor: FileDescriptor) throws(SystemError) {
    let raw = descriptor.rawValue
    var nothing: Int32 = 0
    if setsockopt(raw, SOL_SOCKET, 27 /* SO_DETACH_FILTER */, &nothing, 4) == 0 { return }
    // Open already.
    if Errno.current != .noEntry { throw SystemError(.current, "setsockopt", "SO_DETACH_FILTER") }
  }
}
