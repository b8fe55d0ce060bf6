/// A promise to come back: keys that were put with it go when it is not kept alive in time (etcd API v3, `Lease`).
public struct Lease: Sendable, Hashable {
  public let id: Int64
  /// Seconds without a sign of life after which it ends.
  public let timeToLive: Int64

  public init(id: Int64, timeToLive: Int64) {
    self.id = id
    self.timeToLive = timeToLive
  }

  /// The time to live, at most some decades.
  var nanoseconds: Int64 { min(timeToLive, 1 << 30) * 1_000_000_000 }
}
