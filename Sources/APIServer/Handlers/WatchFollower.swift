import APIMachinery
import HTTPService
import NIOCore

/// Tells one client of changes as they come. It waits most of its life, in thousands where there are many nodes: what it
/// needs is here, on the heap once, and not in the frames of tasks.
final class WatchFollower: Sendable {
  /// Takes whole events: lines of JSON, or frames of protobuf.
  typealias Send = @Sendable (ByteBuffer) async throws -> Void

  private let watch: CacheWatch
  private let prefix: String
  private let selection: Selection
  private let encoder: WatchEncoder
  /// Who else is told the same in the same form; nil where that cannot be known without looking at each change.
  private let audience: WatchParking.Audience?
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
    audience = selection.isEverything ? encoder.audience(prefix) : nil
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
  /// - Parameter target: who is sent to without waiting, once the opening was sent; nil where all that is sent has to wait.
  func run(
    _ opening: ByteBuffer, isLast: Bool, send: @escaping Send, target: () -> Broadcast.Target?
  ) async throws {
    defer { end() }
    try await send(opening)
    if isLast { return }
    // The watch lets go of it when it ends, and it ends with this.
    if let target = target() {
      let parking = audience.map { WatchParking(audience: $0, target: target) { [self] in takenBytes($0) } }
      watch.set(parking) { [self] in take($0, $1, target) }
    }
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
  private func take(_ batch: CacheWatch.Batch, _ delivery: ChangeDelivery, _ target: Broadcast.Target) -> Bool {
    guard !batch.events.isEmpty, !delivery.isLarge else { return false }
    guard let bytes = takenBytes(batch) else { return false }
    return delivery.broadcast.offer(bytes, to: target)
  }

  private func takenBytes(_ batch: CacheWatch.Batch) -> ByteBuffer? {
    guard encoder.areComparable(batch.events, selection) else { return nil }
    // What cannot be told is told of by the task.
    return try? shared(batch)
  }

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
