import CLinux
import Glibc

/// A datagram that arrived on a netlink socket.
public struct NetlinkDatagram: Sendable {
  /// What arrived, cut to the buffer.
  public let bytes: [UInt8]
  /// The port that sent it: 0 is the kernel.
  public let sender: UInt32
  /// How many bytes the datagram had before it was cut to the buffer; more than `bytes.count` when it was cut.
  public let fullSize: Int
}

/// An AF_NETLINK socket (netlink(7)): bytes in, bytes out, no meaning attached.
public final class NetlinkDescriptor: Sendable {
  /// For waiting; reading and writing are done here.
  public let descriptor: FileDescriptor
  /// The port that the kernel chose for this socket.
  public let port: UInt32

  /// Opens a socket in the calling thread's network namespace.
  /// - Parameter family: the netlink family (NETLINK_ROUTE is 0, NETLINK_NETFILTER 12, NETLINK_GENERIC 16).
  public init(family: Int32, nonBlocking: Bool = false) throws(SystemError) {
    let kind = Int32(SOCK_RAW.rawValue) | O_CLOEXEC | (nonBlocking ? O_NONBLOCK : 0)
    let descriptor = FileDescriptor(owning: try check("socket", "netlink") { socket(AF_NETLINK, kind, family) })
    let raw = descriptor.rawValue
    // Port 0 asks the kernel to choose: a number of our own could be another library's in this process.
    var address: [UInt32] = [UInt32(AF_NETLINK), 0, 0]
    try check("bind", "netlink") {
      address.withUnsafeBytes { bind(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), 12) }
    }
    var size: socklen_t = 12
    try check("getsockname", "netlink") {
      address.withUnsafeMutableBytes {
        getsockname(raw, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
      }
    }
    self.descriptor = descriptor
    port = address[1]
  }

  /// An option of level SOL_NETLINK (netlink(7)).
  public enum Option: Int32, Sendable {
    /// NETLINK_ADD_MEMBERSHIP: joins a multicast group.
    case addMembership = 1
    /// NETLINK_EXT_ACK: errors come with a text and say which attribute they are about.
    case extendedErrors = 11
    /// NETLINK_GET_STRICT_CHK: the kernel refuses what it does not know, and filters dumps itself.
    case strictChecking = 12
  }

  /// Sets an option to a number.
  public func setOption(_ option: Option, _ value: Int32) throws(SystemError) {
    // SOL_NETLINK
    try Self.set(descriptor.rawValue, 270, option.rawValue, value)
  }

  /// Sets the receive buffer in bytes, above the host's limit where the process may.
  public func setReceiveBuffer(_ bytes: Int32) throws(SystemError) {
    do { try Self.set(descriptor.rawValue, SOL_SOCKET, SO_RCVBUFFORCE, bytes) } catch {
      try Self.set(descriptor.rawValue, SOL_SOCKET, SO_RCVBUF, bytes)
    }
  }

  /// Sets the send buffer in bytes, above the host's limit where the process may.
  public func setSendBuffer(_ bytes: Int32) throws(SystemError) {
    do { try Self.set(descriptor.rawValue, SOL_SOCKET, SO_SNDBUFFORCE, bytes) } catch {
      try Self.set(descriptor.rawValue, SOL_SOCKET, SO_SNDBUF, bytes)
    }
  }

  private static func set(_ raw: Int32, _ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    try check("setsockopt", "netlink") { setsockopt(raw, level, option, &value, 4) }
  }

  /// Sends one datagram to the kernel; it has done all the work of requests that are not dumps when this returns.
  public func send(_ bytes: [UInt8]) throws(SystemError) {
    let raw = descriptor.rawValue
    let sent = try check("sendto", "netlink") {
      bytes.withUnsafeBytes { Glibc.send(raw, $0.baseAddress, $0.count, 0) }
    }
    if sent != bytes.count { throw SystemError(.invalid, "sendto", "netlink") }
  }

  /// Receives one datagram.
  /// - Parameter wait: false throws `.tryAgain` where nothing has arrived.
  public func receive(upTo capacity: Int = 65536, wait: Bool) throws(SystemError) -> NetlinkDatagram {
    let raw = descriptor.rawValue
    let flags = Int32(MSG_TRUNC) | (wait ? 0 : Int32(MSG_DONTWAIT))
    var address: [UInt32] = [0, 0, 0]
    var fullSize = 0
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
      while true {
        var size: socklen_t = 12
        let n = address.withUnsafeMutableBytes {
          recvfrom(
            raw, buffer.baseAddress, capacity, flags, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &size)
        }
        if n >= 0 {
          fullSize = n
          initialized = min(n, capacity)
          return
        }
        if Errno.current == .interrupted { continue }
        failure = SystemError(.current, "recvfrom", "netlink")
        return
      }
    }
    if let failure { throw failure }
    return NetlinkDatagram(bytes: bytes, sender: address[1], fullSize: fullSize)
  }
}
