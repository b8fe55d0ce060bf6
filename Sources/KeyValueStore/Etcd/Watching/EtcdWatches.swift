import Synchronization

/// All watches of a store, on one stream to one member. A stream that breaks is opened again, at another member where
/// this one is away, and every watch goes on from where it was.
final class EtcdWatches: Sendable {
  private static let firstPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(2)

  private struct State {
    /// Those that etcd knows, or is to know, by their number: a new one each time that one is asked for.
    var active: [Int64: EtcdWatcher] = [:]
    /// Those whose readers are slow.
    var paused: [EtcdWatcher] = []
    var lastID: Int64 = 0
    var stream: EtcdWatchStream?
    var runner: Task<Void, Never>?
    var wantsProgress = false
    var isClosed = false

    var isIdle: Bool { active.isEmpty && paused.isEmpty }

    mutating func ask(for watcher: EtcdWatcher) {
      lastID += 1
      active[lastID] = watcher
      stream?.create(lastID, watcher)
    }

    mutating func forget(_ watcher: EtcdWatcher) {
      paused.removeAll { $0 === watcher }
      for id in active.filter({ $0.value === watcher }).keys {
        active[id] = nil
        stream?.send(.cancel(.init(id: id)))
      }
    }
  }
  private let state = Mutex(State())
  private let client: EtcdClient
  private let prefix: String

  init(_ client: EtcdClient, prefix: String) {
    self.client = client
    self.prefix = prefix
  }

  func watch(prefix watched: String, from revision: Int64) -> EtcdWatch {
    let watcher = EtcdWatcher(prefix: prefix, watched: watched, from: revision)
    state.withLock { state in
      guard !state.isClosed else { return watcher.finish(.storeClosed) }
      state.ask(for: watcher)
      if state.runner == nil { state.runner = Task { await self.run() } }
    }
    return EtcdWatch(self, watcher)
  }

  func remove(_ watcher: EtcdWatcher) {
    state.withLock { state in
      state.forget(watcher)
      // Nobody watches: the stream is not kept for nobody.
      if state.isIdle { state.stream?.cancel() }
    }
  }

  /// Goes on with a watch whose reader has taken what there was.
  func resume(_ watcher: EtcdWatcher) {
    state.withLock { state in
      guard state.paused.contains(where: { $0 === watcher }) else { return }
      state.paused.removeAll { $0 === watcher }
      state.ask(for: watcher)
    }
  }

  func requestProgress() {
    state.withLock { state in
      if let stream = state.stream { stream.requestProgress() } else { state.wantsProgress = true }
    }
  }

  func close() {
    let (watchers, stream, runner) = state.withLock { state in
      defer { (state.active, state.paused, state.isClosed) = ([:], [], true) }
      return (Array(state.active.values) + state.paused, state.stream, state.runner)
    }
    runner?.cancel()
    stream?.cancel()
    for watcher in watchers { watcher.finish(.storeClosed) }
  }

  // MARK: the stream

  /// Keeps a stream open while anybody watches.
  private func run() async {
    var pause = Self.firstPause
    while !Task.isCancelled {
      do throws(StoreError) {
        if try await follow() { pause = Self.firstPause }
      } catch {
        guard error.code == .unavailable else {
          finishAll(error)
          return
        }
      }
      let isOver = state.withLock { state in
        if state.isIdle || state.isClosed { state.runner = nil }
        return state.runner == nil
      }
      if isOver { return }
      do { try await Task.sleep(for: pause) } catch { return }
      pause = min(pause * 2, Self.longestPause)
    }
  }

  /// Opens a stream and returns when it has ended.
  /// - Returns: whether it has brought anything.
  private func follow() async throws(StoreError) -> Bool {
    let stream = EtcdWatchStream { [weak self] (message, stream) throws(StoreError) in try self?.take(message, stream) }
    try await stream.open(client)
    let isWanted = state.withLock { state in
      guard !state.isClosed, !state.isIdle else { return false }
      state.stream = stream
      let all = state.active
      state.active = [:]
      for (_, watcher) in all.sorted(by: { $0.key < $1.key }) { state.ask(for: watcher) }
      if state.wantsProgress { stream.requestProgress() }
      state.wantsProgress = false
      return true
    }
    if isWanted { Task { await stream.learnVersion(client) } } else { stream.cancel() }
    await stream.ended()
    state.withLock { $0.stream = nil }
    if stream.wantsNewToken { client.forgetToken() }
    if let member = stream.lostMember { client.avoid(member) }
    if let error = stream.failure { throw error }
    return stream.hasAnswered
  }

  private func finishAll(_ error: StoreError) {
    let watchers = state.withLock { state in
      defer { (state.active, state.paused, state.runner) = ([:], [], nil) }
      return Array(state.active.values) + state.paused
    }
    for watcher in watchers { watcher.finish(error) }
  }

  // MARK: what it brings

  private func take(_ message: EtcdAnswer.Watch, _ stream: EtcdWatchStream) throws(StoreError) {
    if message.isCreated {
      // Answers come in the order of the requests; a refused one may come without its number.
      guard let id = stream.nextCreated(), let watcher = state.withLock({ $0.active[id] }) else { return }
      if !message.isCancelled && message.compactRevision == 0 { return watcher.accept() }
      return refuse(id, watcher, message, stream)
    }
    if message.isCancelled || message.compactRevision > 0 {
      guard let watcher = state.withLock({ $0.active[message.id] }) else { return }
      return refuse(message.id, watcher, message, stream)
    }
    if message.events.isEmpty {
      guard let revision = message.header?.revision, !message.isFragment else { return }
      // One for all is about those that etcd knows: of one that it has not begun yet it has told nothing.
      let marked = state.withLock { state in
        guard message.id == -1 else { return state.active[message.id].map { [$0] } ?? [] }
        return state.active.filter { !stream.isAsked($0.key) }.map(\.value)
      }
      for watcher in marked { watcher.mark(revision) }
      return
    }
    guard let watcher = state.withLock({ $0.active[message.id] }) else { return }
    if try watcher.take(message.events, isFragment: message.isFragment) { return }
    state.withLock { state in
      guard state.active.removeValue(forKey: message.id) != nil else { return }
      state.paused.append(watcher)
      stream.send(.cancel(.init(id: message.id)))
    }
    // Its reader may have made room before anybody knew that it waits for that.
    if watcher.isDrained { resume(watcher) }
  }

  /// A watch that etcd does not begin, or does not go on with.
  private func refuse(
    _ id: Int64, _ watcher: EtcdWatcher, _ message: EtcdAnswer.Watch, _ stream: EtcdWatchStream
  ) {
    let error: StoreError
    if message.compactRevision > 0 {
      error = StoreError(.compacted, "the cluster store keeps no revision before \(message.compactRevision)")
    } else if message.reason.contains("permission denied") {
      // Tokens end, and a stream lives longer than the one that it was opened with: a new one is tried before that is
      // believed.
      if client.credentials != nil, !watcher.refuse() { return stream.renew() }
      error = StoreError(.denied, "the watch was refused: \(message.reason)")
    } else {
      // The member's own trouble: another stream, perhaps to another member.
      return stream.cancel()
    }
    state.withLock { _ = $0.active.removeValue(forKey: id) }
    watcher.finish(error)
  }
}
