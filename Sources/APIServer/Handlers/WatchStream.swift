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

  func response() async throws -> Response {
    let cache = registry.cache(of: target)
    let start = try beginning()
    let prefix = target.prefix(namespace: namespace)
    let encoder = WatchEncoder(registry: registry, target: target, answer: answer)
    // What is there at a revision is waited for; changes after one that is to come are told when they are there.
    if start == nil || options.sendInitialEvents == true {
      do { try await registry.settle(start) } catch let error as StatusError where start != nil {
        return try failure(error, encoder)
      }
    }
    let scope = selection.scope(target, below: prefix, isWhole: namespace.isEmpty)
    let watch: CacheWatch
    var initial: [CachedObject] = []
    var revision = Int64(clamping: start ?? 0)
    if options.sendInitialEvents == true || revision == 0 {
      let all = cache.listAndWatch(prefix, scope)
      (watch, revision) = (all.watch, all.revision)
      if options.sendInitialEvents != false {
        do { initial = try await registry.comparable(all.objects, selection, target).filter(selection.matches) } catch {
          watch.end()
          throw error
        }
      }
    } else {
      let found = cache.watch(after: revision, scope)
      guard let begun = found.watch else {
        return try failure(
          .resourceVersionTooOld(wanted: UInt64(revision), oldest: UInt64(found.oldest)), encoder)
      }
      watch = begun
    }
    let usual = registry.watchSeconds
    let seconds = options.timeout ?? usual + Int64.random(in: 0..<usual)
    let clock = registry.watchClock
    let follower = WatchFollower(
      watch: watch, prefix: prefix, selection: selection, encoder: encoder,
      wantsBookmarks: options.allowWatchBookmarks, clock: clock,
      alarm: clock.add(
        watch, of: target.groupResource, seconds: seconds, wantsMarks: options.allowWatchBookmarks))
    do {
      let opening = try await opening(initial, revision, encoder)
      return try stream { try await follower.run(opening.bytes, isLast: opening.isLast, send: $0, target: $1) }
    } catch {
      follower.end()
      throw error
    }
  }

  /// What is wrong with a watch that may begin is told where its events are.
  private func failure(_ error: StatusError, _ encoder: WatchEncoder) throws -> Response {
    var event = ByteBuffer()
    try encoder.writeError(error, &event)
    return try stream { [event] send, _ in try await send(event) }
  }

  /// What a watch begins with, and whether it is over with it.
  private func opening(
    _ objects: [CachedObject], _ revision: Int64, _ encoder: WatchEncoder
  ) async throws -> (bytes: ByteBuffer, isLast: Bool) {
    var opening = ByteBuffer()
    do { try await encoder.write(objects, &opening) } catch let error as StatusError {
      // An object that cannot be converted cannot be told: the watch says so and ends.
      try encoder.writeError(error, &opening)
      return (opening, true)
    }
    if options.sendInitialEvents == true, options.allowWatchBookmarks {
      try encoder.writeBookmark(revision, isInitialEnd: true, &opening)
    }
    return (opening, false)
  }

  /// The version after which the client wants to hear; nil for the newest.
  /// - Throws: 500 where it is none: a watch is told so in another way than a list.
  private func beginning() throws(StatusError) -> UInt64? {
    guard !options.resourceVersion.isEmpty else { return nil }
    return try ResourceVersions.wanted(options.resourceVersion)
  }

  /// Events over HTTP, or over the WebSocket that the client wants.
  private func stream(
    _ events: @escaping @Sendable (@escaping WatchFollower.Send, () -> Broadcast.Target?) async throws -> Void
  ) throws -> Response {
    let encoding = answer.form.encoding
    if request.wantsWebSocket {
      return try .webSocket(request, WatchSocket.options(for: request)) { socket in
        try await events({ try await WatchSocket.send($0, encoding, on: socket) }, { nil })
      }
    }
    let headers: Headers = ["Content-Type": encoding.rawValue + (encoding == .json ? "" : ";stream=watch")]
    return .stream(headers: headers, endsWithServer: true) { writer in
      try await writer.start()
      try await events({ try await writer.write(buffer: $0) }, { writer.broadcastTarget })
    }
  }
}
