import CLinux
import Glibc

/// Who sent a datagram, and to which of our addresses: what an answer needs to come from where the question went.
/// Opaque, as the kernel gave it.
public struct DatagramReturn: Sendable, Hashable {
  let peer: [UInt8]
  let information: [UInt8]
}

/// Datagrams on sockets that listen on all addresses (ip(7), IP_PKTINFO; ipv6(7), IPV6_PKTINFO).
public enum Datagrams {
  /// Receives one; `.tryAgain` where none is there.
  public static func receive(
    from socket: FileDescriptor, upTo count: Int = 65536
  ) throws(SystemError) -> (bytes: [UInt8], from: DatagramReturn) {
    let raw = socket.rawValue
    var peer = [UInt8](repeating: 0, count: 128)
    var information = [UInt8](repeating: 0, count: 64)
    var peerSize: UInt32 = 0
    var informationSize: UInt32 = 0
    var failure: SystemError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      do throws(SystemError) {
        initialized = try check("recvmsg") {
          peerSize = 128
          informationSize = 64
          return peer.withUnsafeMutableBytes { peer in
            information.withUnsafeMutableBytes {
              apus_receive_datagram(
                raw, buffer.baseAddress, count, peer.baseAddress, &peerSize, $0.baseAddress, &informationSize)
            }
          }
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return (
      bytes,
      DatagramReturn(
        peer: Array(peer.prefix(Int(peerSize))), information: Array(information.prefix(Int(informationSize))))
    )
  }

  /// Sends an answer back.
  public static func send(
    _ bytes: [UInt8], from socket: FileDescriptor, back to: DatagramReturn
  ) throws(SystemError) {
    let raw = socket.rawValue
    try check("sendmsg") {
      bytes.withUnsafeBytes { data in
        to.peer.withUnsafeBytes { peer in
          to.information.withUnsafeBytes {
            apus_send_datagram(
              raw, data.baseAddress, data.count, peer.baseAddress, UInt32(peer.count), $0.baseAddress, UInt32($0.count))
          }
        }
      }
    }
  }
}
