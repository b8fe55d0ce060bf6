import APIMachinery
import NIOCore

/// Tells one client of changes as they come. It waits most of its life, in thousands where there are many nodes: what it
/// needs is here, on the heap once, and not in the frames of tasks.
final class WatchFollower: Sendable {
  /// Takes whole events: lines of JSON, or frames of protobuf.
  typealias Send = @Sendable (ByteBuffer) async throws -> Void

  private let watch: CacheWatch
  private let cache: ResourceCache
  private let prefix: String
  private let selection: Selection
  private let encoder: WatchEncoder
  private let wantsBookmarks: Bool
  private let clock: WatchClock
  private let alarm: UInt64

  /// - Parameter alarm: what the clock knows the watch by.
  init(
    watch: CacheWatch, cache: ResourceCache, prefix: String, selection: Selection, encoder: WatchEncoder,
    wantsBookmarks: Bool, clock: WatchClock, alarm: UInt64
  ) {
    self.watch = watch
    self.cache = cache
    self.prefix = prefix
    self.selection = selection
    self.encoder = encoder
    self.wantsBookmarks = wantsBookmarks
    self.clock = clock
    self.alarm = alarm
  }

  deinit { end() }

  func end() {
    clock.remove(alarm)
    watch.end()
  }

  /// Sends what is there and then what changes, until the time is over.
  func run(_ opening: ByteBuffer, isLast: Bool, send: @escaping Send) async throws {
    defer { end() }
    try await send(opening)
    if isLast { return }
    while let batch = await watch.next() { try await send(try await encoded(batch)) }
    // Cut off for being slow: the client is told to list again.
    if watch.isCutOff { try await send(try fallenBehind()) }
  }

  @inline(never) private func encoded(_ batch: CacheWatch.Batch) async throws -> ByteBuffer {
    var buffer = ByteBuffer()
    for event in batch.events {
      guard (event.current ?? event.previous)?.key.hasPrefix(prefix) == true,
        let (kind, object) = event.seen(by: selection.matches)
      else { continue }
      if let bytes = encoder.shared(event, kind, object) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
      } else if kind == .deleted, event.current != nil {
        // It is still there and matches no longer: it is told as it was, at the revision of the change.
        try await encoder.write(kind, object, revision: event.revision, &buffer)
      } else {
        try await encoder.write(kind, object, &buffer)
      }
    }
    if batch.events.isEmpty, wantsBookmarks {
      try encoder.writeBookmark(max(batch.revision, cache.revision), isInitialEnd: false, &buffer)
    }
    return buffer
  }

  private func fallenBehind() throws(StatusError) -> ByteBuffer {
    var buffer = ByteBuffer()
    try encoder.writeError(.expired("too old resource version: the watch fell behind"), &buffer)
    return buffer
  }
}
