import CLinux
import Glibc

/// Datagrams that wait at a socket, taken in one call and answered in another (recvmmsg(2), sendmmsg(2)): a busy server
/// allocates nothing for each, and asks the kernel twice for many. For one thread at a time.
public final class DatagramBatch {
  /// The most datagrams of one batch.
  public static let limit = apus_datagram_limit
  /// The datagram that was chosen, at the beginning, and older bytes behind it. Do not keep a copy beyond the next choice:
  /// the room would have to be made anew.
  public private(set) var bytes: [UInt8]
  /// How many bytes the chosen datagram has here.
  public private(set) var count = 0
  private var chosen: Int32 = 0
  private let all: OpaquePointer
  /// Bytes of answers that are sent together.
  private static let room = 65536

  /// - Parameter size: bytes of a datagram; what is longer is cut.
  public init(size: Int) {
    guard let all = apus_datagrams_make(size, Self.room) else { fatalError("no memory for \(size) bytes") }
    self.all = all
    bytes = [UInt8](repeating: 0, count: size)
  }

  deinit { apus_datagrams_free(all) }

  /// Takes the datagrams that are there, without waiting, and forgets those before them. Returns how many.
  /// - Parameter destination: notes to which of our addresses they came, so that answers leave from there. For sockets
  ///   that are bound to all addresses and have `.ipv4PacketInformation` or `.ipv6PacketInformation`; costs a little.
  public func receive(from socket: FileDescriptor, destination: Bool = false) throws(SystemError) -> Int {
    let raw = socket.rawValue
    while true {
      let received = apus_datagrams_receive(all, raw, destination ? 1 : 0)
      if received >= 0 { return Int(received) }
      let code = Errno.current
      if code == .tryAgain { return 0 }
      if code != .interrupted { throw SystemError(code, "recvmmsg") }
    }
  }

  /// Chooses one of those that were received.
  public func choose(_ index: Int) {
    chosen = Int32(index)
    var size = 0
    guard let datagram = apus_datagrams_bytes(all, chosen, &size) else { return }
    count = size
    bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(start: datagram, count: size)) }
  }

  /// Notes an answer to the chosen one; it leaves with `send`, or earlier where there are too many.
  public func answer(_ answer: [UInt8], from socket: FileDescriptor) {
    answer.withUnsafeBytes { answer in
      while apus_datagrams_answer(all, chosen, answer.baseAddress, answer.count) == 0 {
        // No datagram is larger than the room is when it is empty.
        if answer.count > Self.room { return }
        send(from: socket)
      }
    }
  }

  /// Sends the noted answers without waiting. What cannot be sent is lost, as datagrams are.
  public func send(from socket: FileDescriptor) { apus_datagrams_send(all, socket.rawValue) }

  /// Where the chosen one came from, for an answer that is sent later (`Datagrams.send`).
  public var origin: DatagramReturn {
    func copy(_ part: (OpaquePointer, Int32, UnsafeMutablePointer<UInt32>) -> UnsafeRawPointer?) -> [UInt8] {
      var size: UInt32 = 0
      let start = part(all, chosen, &size)
      return Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(size)))
    }
    return DatagramReturn(peer: copy(apus_datagrams_peer), information: copy(apus_datagrams_information))
  }
}

extension SocketOption {
  /// Datagrams come with the address that they were sent to (IPPROTO_IP, IP_PKTINFO), and answers leave from it.
  public static let ipv4PacketInformation = SocketOption(level: 0, number: 8)
  /// The same for IPv6 (IPPROTO_IPV6, IPV6_RECVPKTINFO).
  public static let ipv6PacketInformation = SocketOption(level: 41, number: 49)
}
