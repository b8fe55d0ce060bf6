import APIMachinery
import HTTPService
import NIOCore

/// A watch: one JSON object a line for each change, for as long as the client stays (Kubernetes API concepts,
/// "Efficient detection of changes").
struct WatchStream: Sendable {
  let registry: Registry
  let target: ServedResource
  let namespace: String
  let selection: Selection
  let query: ListQuery
  let form: ResponseForm
  let includeObject: String?
  let request: Request

  /// How often a quiet watch hears how far the server has come.
  private static let bookmarkInterval = Duration.seconds(60)
  /// How long a watch lasts that says nothing else: between this and twice as long, so that not all end at once.
  private static let usualSeconds: Int64 = 1800

  func response() async throws -> Response {
    let cache = registry.cache(of: target)
    let prefix = target.prefix(namespace: namespace)
    try await registry.settle(query.revision)
    let watch: CacheWatch
    var initial: [CachedObject] = []
    var revision = query.revision ?? 0
    let beginsWithState = query.sendsInitialEvents || revision == 0
    if beginsWithState {
      let all = cache.listAndWatch(prefix)
      (watch, revision) = (all.watch, all.revision)
      initial = all.objects.filter(selection.matches)
    } else {
      let found = cache.watch(after: revision)
      guard let begun = found.watch else {
        throw StatusError.resourceVersionTooOld(wanted: UInt64(revision), oldest: UInt64(found.oldest))
      }
      watch = begun
    }
    let seconds = query.timeoutSeconds ?? Self.usualSeconds + Int64.random(in: 0..<Self.usualSeconds)
    let start = Start(
      watch: watch, cache: cache, prefix: prefix, initial: initial, revision: revision, seconds: seconds)
    if request.wantsWebSocket {
      do {
        return try .webSocket(request, WatchSocket.options(for: request)) { socket in
          try await run(start) { try await WatchSocket.send($0, on: socket) }
        }
      } catch {
        watch.end()
        throw error
      }
    }
    return .stream(headers: ["Content-Type": "application/json"], endsWithServer: true) { writer in
      try await writer.start()
      try await run(start) { try await writer.write(buffer: $0) }
    }
  }

  /// What a watch begins with.
  private struct Start: Sendable {
    let watch: CacheWatch
    let cache: ResourceCache
    let prefix: String
    let initial: [CachedObject]
    let revision: Int64
    let seconds: Int64
  }

  /// Sends what is there and then what changes, until the time is over.
  /// - Parameter send: takes whole events, each of which ends with a line break.
  private func run(_ start: Start, send: @escaping @Sendable (ByteBuffer) async throws -> Void) async throws {
    defer { start.watch.end() }
    let encoder = WatchEncoder(stream: self)
    var opening = ByteBuffer()
    do { try await encoder.write(start.initial, &opening) } catch let error as StatusError {
      // An object that cannot be converted cannot be told: the watch says so and ends.
      encoder.writeError(error, &opening)
      return try await send(opening)
    }
    if query.sendsInitialEvents {
      encoder.writeBookmark(start.revision, isInitialEnd: true, &opening)
    }
    try await send(opening)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await Task.sleep(for: .seconds(start.seconds))
      }
      group.addTask { try await follow(start.watch, start.cache, start.prefix, encoder, send) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  private func follow(
    _ watch: CacheWatch, _ cache: ResourceCache, _ prefix: String, _ encoder: WatchEncoder,
    _ send: @Sendable (ByteBuffer) async throws -> Void
  ) async throws {
    let marks = query.allowsBookmarks ? BookmarkClock(interval: Self.bookmarkInterval, watch: watch) : nil
    defer { marks?.stop() }
    while let batch = await watch.next() {
      var buffer = ByteBuffer()
      for event in batch.events {
        guard (event.current ?? event.previous)?.key.hasPrefix(prefix) == true,
          let (kind, object) = event.seen(by: selection.matches)
        else { continue }
        if kind == .deleted, event.current != nil {
          // It is still there and matches no longer: it is told as it was, at the revision of the change.
          try await encoder.write(kind, object, revision: event.revision, &buffer)
        } else {
          try await encoder.write(kind, object, &buffer)
        }
      }
      if batch.events.isEmpty, query.allowsBookmarks {
        encoder.writeBookmark(max(batch.revision, cache.revision), isInitialEnd: false, &buffer)
      }
      try await send(buffer)
    }
    // Cut off for being slow: the client is told to list again.
    if !Task.isCancelled {
      var buffer = ByteBuffer()
      encoder.writeError(.expired("too old resource version: the watch fell behind"), &buffer)
      try await send(buffer)
    }
  }
}

/// Wakes a quiet watch for a bookmark.
private final class BookmarkClock: Sendable {
  private let task: Task<Void, Never>

  init(interval: Duration, watch: CacheWatch) {
    task = Task {
      while true {
        do { try await Task.sleep(for: interval) } catch { return }
        watch.mark()
      }
    }
  }

  func stop() { task.cancel() }
}
