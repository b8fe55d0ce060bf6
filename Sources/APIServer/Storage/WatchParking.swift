import HTTPService
import NIOCore

/// How a watch waits together with others who are told the same in the same form: while they wait, nobody looks at each of
/// them, and what happens is sent to all in one go.
struct WatchParking: Sendable {
  /// Those who are told the same of the same changes.
  struct Audience: Hashable {
    /// As which objects are told.
    let version: String
    let isProtobuf: Bool
    /// Of the keys of all that is told.
    let prefix: String
  }

  let audience: Audience
  let target: Broadcast.Target
  /// What the audience is told of changes; nil where that cannot be said at once.
  let encode: @Sendable (CacheWatch.Batch) -> ByteBuffer?
}
