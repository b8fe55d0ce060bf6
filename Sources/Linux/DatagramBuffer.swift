import Glibc

/// Room for one datagram that is used again and again: nothing is allocated for each. For one thread at a time.
public final class DatagramBuffer {
  /// The last datagram, at the beginning, and older bytes behind it. Do not keep a copy beyond the next `receive`: the
  /// room would have to be made anew.
  public private(set) var bytes: [UInt8]
  /// How many bytes the last datagram has here.
  public private(set) var count = 0

  /// - Parameter capacity: bytes; what is longer is cut.
  public init(capacity: Int) { bytes = [UInt8](repeating: 0, count: capacity) }

  /// Receives a datagram without waiting; false where none is there.
  public func receive(from socket: FileDescriptor) throws(SystemError) -> Bool {
    let raw = socket.rawValue
    while true {
      let received = bytes.withUnsafeMutableBytes { recv(raw, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
      if received >= 0 {
        count = received
        return true
      }
      let code = Errno.current
      if code == .tryAgain { return false }
      if code != .interrupted { throw SystemError(code, "recv") }
    }
  }
}
