import APIMachinery
import NIOCore

/// Tells one client of changes as they come. It waits most of its life, in thousands where there are many nodes: what it
/// needs is here, on the heap once, and not in the frames of tasks.
final class WatchFollower: Sendable {
  /// Takes whole events: lines of JSON, or frames of protobuf.
  typealias Send = @Sendable (ByteBuffer) async throws -> Void
  /// The same without waiting; false where that cannot be, and nothing was sent.
  typealias Offer = @Sendable (ByteBuffer) -> Bool

  private let watch: CacheWatch
  private let prefix: String
  private let selection: Selection
  private let encoder: WatchEncoder
  private let wantsBookmarks: Bool
  private let clock: WatchClock
  private let alarm: UInt64

  /// - Parameter alarm: what the clock knows the watch by.
  init(
    watch: CacheWatch, prefix: String, selection: Selection, encoder: WatchEncoder,
    wantsBookmarks: Bool, clock: WatchClock, alarm: UInt64
  ) {
    self.watch = watch
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
  /// - Parameter offer: nil where all that is sent has to wait.
  func run(_ opening: ByteBuffer, isLast: Bool, send: @escaping Send, offer: Offer?) async throws {
    defer { end() }
    try await send(opening)
    if isLast { return }
    // It is called under the watch's lock, and not after the end of the watch, which comes before this one's.
    if let offer { watch.set { [unowned self] in take($0, offer) } }
    while let batch = await watch.next() {
      // The frame of what encodes for this client alone is large, and would stay with the task: most never need it.
      guard encoder.areComparable(batch.events, selection), let bytes = try shared(batch) else {
        try await send(try await encoded(batch))
        continue
      }
      try await send(bytes)
    }
    // Cut off for being slow: the client is told to list again.
    if watch.isCutOff { try await send(try fallenBehind()) }
  }

  /// Sends a batch where the task need not wake for it.
  private func take(_ batch: CacheWatch.Batch, _ offer: Offer) -> Bool {
    guard !batch.events.isEmpty, !batch.events.contains(where: Self.isLarge),
      encoder.areComparable(batch.events, selection)
    else { return false }
    // What cannot be told is told of by the task.
    guard let bytes = try? shared(batch) else { return false }
    return bytes.readableBytes == 0 || offer(bytes)
  }

  /// Whether it takes long enough to encode an object, or to judge it under its schema, that nothing else should wait for it:
  /// what is told at once is told before the change is acknowledged.
  private static func isLarge(_ event: ObjectEvent) -> Bool {
    (event.current ?? event.previous).map { $0.object.bytes.count > largeObject } ?? false
  }

  private static let largeObject = 32_768

  /// What an event is to this client: nil for an event that it must not see.
  private func seen(_ event: ObjectEvent) -> (kind: ObjectEvent.Kind, object: CachedObject)? {
    guard (event.current ?? event.previous)?.key.hasPrefix(prefix) == true else { return nil }
    return event.seen(by: selection.matches)
  }

  /// A batch of which every event is told to others in the same form; nil where one is not.
  private func shared(_ batch: CacheWatch.Batch) throws -> ByteBuffer? {
    var buffer = ByteBuffer()
    for event in batch.events {
      guard let (kind, object) = seen(event) else { continue }
      guard let bytes = encoder.shared(event, kind, object) else { return nil }
      if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
    }
    if batch.events.isEmpty, wantsBookmarks {
      try encoder.writeBookmark(batch.revision, isInitialEnd: false, &buffer)
    }
    return buffer
  }

  /// A batch with an event that this client wants in a form of its own.
  @inline(never) private func encoded(_ batch: CacheWatch.Batch) async throws -> ByteBuffer {
    var buffer = ByteBuffer()
    let events = batch.events.filter { ($0.current ?? $0.previous)?.key.hasPrefix(prefix) == true }
    for event in try await encoder.comparable(events, selection) {
      guard let (kind, object) = seen(event) else { continue }
      if kind == .deleted, event.current != nil {
        // It is still there and matches no longer: it is told as it was, at the revision of the change.
        try await encoder.write(kind, object, revision: event.revision, &buffer)
      } else {
        try await encoder.write(kind, object, &buffer)
      }
    }
    return buffer
  }

  private func fallenBehind() throws(StatusError) -> ByteBuffer {
    var buffer = ByteBuffer()
    try encoder.writeError(.expired("too old resource version: the watch fell behind"), &buffer)
    return buffer
  }
}
