import APIMachinery
import HTTPService
import NIOCore

/// A watch: a JSON object a line or a frame of protobuf for each change, for as long as the client stays (Kubernetes API concepts,
/// "Efficient detection of changes").
struct WatchStream: Sendable {
  let registry: Registry
  let target: ServedResource
  let namespace: String
  let selection: Selection
  let options: ListOptions
  let answer: ObjectAnswer
  let request: Request

  /// How often a quiet watch hears how far the server has come.
  private static let bookmarkInterval = Duration.seconds(60)
  /// How long a watch lasts that says nothing else: between this and twice as long, so that not all end at once.
  private static let usualSeconds: Int64 = 1800

  func response() async throws -> Response {
    let cache = registry.cache(of: target)
    let start = try beginning()
    let prefix = target.prefix(namespace: namespace)
    try await registry.settle(start)
    let watch: CacheWatch
    var initial: [CachedObject] = []
    var revision = start ?? 0
    if options.sendInitialEvents == true || revision == 0 {
      let all = cache.listAndWatch(prefix)
      (watch, revision) = (all.watch, all.revision)
      if options.sendInitialEvents != false { initial = all.objects.filter(selection.matches) }
    } else {
      let found = cache.watch(after: revision)
      guard let begun = found.watch else {
        // What is wrong with a watch that may begin is told where its events are.
        let error = StatusError.resourceVersionTooOld(wanted: UInt64(revision), oldest: UInt64(found.oldest))
        return try stream { send in
          var event = ByteBuffer()
          try WatchEncoder(self).writeError(error, &event)
          try await send(event)
        }
      }
      watch = begun
    }
    let seconds = options.timeout ?? Self.usualSeconds + Int64.random(in: 0..<Self.usualSeconds)
    let beginning = Start(
      watch: watch, cache: cache, prefix: prefix, initial: initial, revision: revision, seconds: seconds)
    do { return try stream { try await run(beginning, send: $0) } } catch {
      watch.end()
      throw error
    }
  }

  /// The version after which the client wants to hear; nil for the newest.
  /// - Throws: 422 where it is none: a watch is told so in another way than a list.
  private func beginning() throws(StatusError) -> Int64? {
    guard !options.resourceVersion.isEmpty else { return nil }
    do throws(FieldError) { return Int64(clamping: try ResourceVersions.revision(options.resourceVersion)) } catch {
      throw .invalid(GroupKind(group: target.resource.group, kind: target.resource.plural), "", [error])
    }
  }

  private typealias Send = @Sendable (ByteBuffer) async throws -> Void

  /// Events over HTTP, or over the WebSocket that the client wants.
  private func stream(_ events: @escaping @Sendable (@escaping Send) async throws -> Void) throws -> Response {
    let encoding = answer.form.encoding
    if request.wantsWebSocket {
      return try .webSocket(request, WatchSocket.options(for: request)) { socket in
        try await events { try await WatchSocket.send($0, encoding, on: socket) }
      }
    }
    let headers: Headers = ["Content-Type": encoding.rawValue + (encoding == .json ? "" : ";stream=watch")]
    return .stream(headers: headers, endsWithServer: true) { writer in
      try await writer.start()
      try await events { try await writer.write(buffer: $0) }
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
  /// - Parameter send: takes whole events: lines of JSON, or frames of protobuf.
  private func run(_ start: Start, send: @escaping Send) async throws {
    defer { start.watch.end() }
    let encoder = WatchEncoder(self)
    var opening = ByteBuffer()
    do { try await encoder.write(start.initial, &opening) } catch let error as StatusError {
      // An object that cannot be converted cannot be told: the watch says so and ends.
      try encoder.writeError(error, &opening)
      return try await send(opening)
    }
    if options.sendInitialEvents == true, options.allowWatchBookmarks {
      try encoder.writeBookmark(start.revision, isInitialEnd: true, &opening)
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
    let marks = options.allowWatchBookmarks ? BookmarkClock(interval: Self.bookmarkInterval, watch: watch) : nil
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
      if batch.events.isEmpty, options.allowWatchBookmarks {
        try encoder.writeBookmark(max(batch.revision, cache.revision), isInitialEnd: false, &buffer)
      }
      try await send(buffer)
    }
    // Cut off for being slow: the client is told to list again.
    if !Task.isCancelled {
      var buffer = ByteBuffer()
      try encoder.writeError(.expired("too old resource version: the watch fell behind"), &buffer)
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
