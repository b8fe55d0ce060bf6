import CLinux
import Glibc

/// Room for one datagram that is used again and again, and where the datagram came from: a busy server allocates
/// nothing for each. For one thread at a time.
public final class DatagramBuffer {
  /// The last datagram, at the beginning, and older bytes behind it. Do not keep a copy beyond the next `receive`: the
  /// room would have to be made anew.
  public private(set) var bytes: [UInt8]
  /// How many bytes the last datagram has here.
  public private(set) var count = 0
  private var peer = [UInt8](repeating: 0, count: 128)
  private var peerSize: UInt32 = 0
  private var information = [UInt8](repeating: 0, count: 64)
  private var informationSize: UInt32 = 0

  /// - Parameter capacity: bytes; what is longer is cut.
  public init(capacity: Int) { bytes = [UInt8](repeating: 0, count: capacity) }

  /// Receives a datagram without waiting; false where none is there.
  /// - Parameter destination: notes to which of our addresses it came, so that `reply` leaves from there. For sockets
  ///   that are bound to all addresses and have `.ipv4PacketInformation` or `.ipv6PacketInformation`; costs a little.
  public func receive(from socket: FileDescriptor, destination: Bool = false) throws(SystemError) -> Bool {
    let raw = socket.rawValue
    while true {
      let received = destination ? receiveMessage(raw) : receivePlain(raw)
      if received >= 0 {
        count = received
        return true
      }
      let code = Errno.current
      if code == .tryAgain { return false }
      if code != .interrupted { throw SystemError(code, "recvmsg") }
    }
  }

  private func receivePlain(_ raw: Int32) -> Int {
    peerSize = 128
    informationSize = 0
    return bytes.withUnsafeMutableBytes { bytes in
      peer.withUnsafeMutableBytes {
        recvfrom(
          raw, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT),
          $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), &peerSize)
      }
    }
  }

  private func receiveMessage(_ raw: Int32) -> Int {
    peerSize = 128
    informationSize = 64
    return bytes.withUnsafeMutableBytes { bytes in
      peer.withUnsafeMutableBytes { peer in
        information.withUnsafeMutableBytes {
          apus_receive_datagram(
            raw, bytes.baseAddress, bytes.count, peer.baseAddress, &peerSize, $0.baseAddress, &informationSize)
        }
      }
    }
  }

  /// Sends an answer to where the last datagram came from, without waiting: `.tryAgain` where there is no room for it.
  public func reply(_ answer: [UInt8], from socket: FileDescriptor) throws(SystemError) {
    let raw = socket.rawValue
    try check("sendmsg") {
      answer.withUnsafeBytes { answer in
        peer.withUnsafeBytes { peer in
          if informationSize == 0 {
            return sendto(
              raw, answer.baseAddress, answer.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL),
              peer.baseAddress!.assumingMemoryBound(to: sockaddr.self), peerSize)
          }
          return information.withUnsafeBytes {
            apus_send_datagram(
              raw, answer.baseAddress, answer.count, peer.baseAddress, peerSize, $0.baseAddress, informationSize)
          }
        }
      }
    }
  }

  /// Where the last datagram came from, for an answer that is sent later (`Datagrams.send`).
  public var origin: DatagramReturn {
    DatagramReturn(
      peer: Array(peer.prefix(Int(peerSize))), information: Array(information.prefix(Int(informationSize))))
  }
}

extension SocketOption {
  /// Datagrams come with the address that they were sent to (IPPROTO_IP, IP_PKTINFO), and answers leave from it.
  public static let ipv4PacketInformation = SocketOption(level: 0, number: 8)
  /// The same for IPv6 (IPPROTO_IPV6, IPV6_RECVPKTINFO).
  public static let ipv6PacketInformation = SocketOption(level: 41, number: 49)
}
