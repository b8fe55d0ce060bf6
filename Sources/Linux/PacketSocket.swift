import CLinux
import Glibc

/// Sequenced-packet sockets of the unix family (unix(7), SOCK_SEQPACKET): a connection that keeps the boundaries of
/// messages.
public enum PacketSocket {
  /// Connects to the socket file `name` in an open directory. Going through the directory's descriptor keeps the address
  /// short however long the path is. The descriptor is non-blocking.
  public static func connect(to name: String, in directory: FileDescriptor) throws(SystemError) -> FileDescriptor {
    let path = "/proc/self/fd/\(directory.rawValue)/\(name)"
    let socket = FileDescriptor(
      owning: try check("socket") {
        Glibc.socket(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      })
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw SystemError(.invalid, "connect", path)
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let raw = socket.rawValue
    try check("connect", path) {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
    }
    return socket
  }

  /// Says that nothing more will be sent; what the peer sends still arrives.
  public static func shutdownWriting(_ socket: FileDescriptor) throws(SystemError) {
    let raw = socket.rawValue
    try check("shutdown") { shutdown(raw, Int32(SHUT_WR)) }
  }

  /// Ends both directions: whoever waits for the socket sees its end. An unconnected one is no error.
  public static func shutdownBoth(_ socket: FileDescriptor) { _ = shutdown(socket.rawValue, Int32(SHUT_RDWR)) }
}

extension FileDescriptor {
  /// Bytes that wait to be read in a pipe or socket (FIONREAD).
  public func bytesToRead() throws(SystemError) -> Int {
    var count: Int32 = 0
    let raw = rawValue
    try check("ioctl") { ioctl(raw, UInt(FIONREAD), &count) }
    return Int(count)
  }
}

extension Errno {
  /// A FIFO that nobody reads, when it is opened for writing without waiting (fifo(7)).
  public static let noDeviceOrAddress = Errno(rawValue: ENXIO)
}
