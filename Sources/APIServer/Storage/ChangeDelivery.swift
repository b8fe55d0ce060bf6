import APIMachinery
import HTTPService

/// Changes on their way to those who are told of them one by one.
final class ChangeDelivery {
  /// What an object has at most, in bytes, whose telling takes so little time that all else may wait for it: what is told
  /// at once is told before the change is acknowledged.
  private static let mostBytes = 32_768

  let events: [ObjectEvent]
  let revision: Int64
  let broadcast: Broadcast
  let isLarge: Bool

  private init(_ events: [ObjectEvent], _ revision: Int64, _ broadcast: Broadcast) {
    self.events = events
    self.revision = revision
    self.broadcast = broadcast
    isLarge = Self.isLarge(events)
  }

  /// Whether it takes long to encode one of the objects, or to judge it under its schema.
  static func isLarge(_ events: [ObjectEvent]) -> Bool {
    events.contains { ($0.current ?? $0.previous).map { $0.object.bytes.count > mostBytes } ?? false }
  }

  static func deliver(_ events: [ObjectEvent], revision: Int64, to watches: [CacheWatch]) {
    guard !watches.isEmpty else { return }
    Broadcast.send { broadcast in
      let delivery = ChangeDelivery(events, revision, broadcast)
      for watch in watches { watch.deliver(delivery) }
    }
  }
}
