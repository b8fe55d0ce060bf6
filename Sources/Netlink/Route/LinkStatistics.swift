/// Counters of a link since it was made (struct rtnl_link_stats64).
public struct LinkStatistics: Sendable, Equatable {
  /// Packets that came in.
  public let receivedPackets: UInt64
  /// Packets that went out.
  public let sentPackets: UInt64
  /// Bytes that came in.
  public let receivedBytes: UInt64
  /// Bytes that went out.
  public let sentBytes: UInt64
  /// Bad packets that came in.
  public let receiveErrors: UInt64
  /// Packets that could not be sent.
  public let sendErrors: UInt64
  /// Good packets that nobody took.
  public let receiveDropped: UInt64
  /// Packets dropped on the way out.
  public let sendDropped: UInt64
  /// Multicast packets that came in.
  public let multicast: UInt64
  /// Collisions on the wire.
  public let collisions: UInt64

  init?(_ payload: ArraySlice<UInt8>) {
    let values = (0..<10).compactMap { readNumber(payload, at: $0 * 8, UInt64.self) }
    guard values.count == 10 else { return nil }
    receivedPackets = values[0]
    sentPackets = values[1]
    receivedBytes = values[2]
    sentBytes = values[3]
    receiveErrors = values[4]
    sendErrors = values[5]
    receiveDropped = values[6]
    sendDropped = values[7]
    multicast = values[8]
    collisions = values[9]
  }
}
