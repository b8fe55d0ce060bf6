/// Counters of a link since it was made (struct rtnl_link_stats64).
public struct LinkStatistics: Sendable, Equatable {
  public let receivedPackets: UInt64
  public let sentPackets: UInt64
  public let receivedBytes: UInt64
  public let sentBytes: UInt64
  public let receiveErrors: UInt64
  public let sendErrors: UInt64
  public let receiveDropped: UInt64
  public let sendDropped: UInt64
  public let multicast: UInt64
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
