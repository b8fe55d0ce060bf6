import APIMachinery
import KeyValueStore
import Synchronization

/// The cluster's objects: durable in a key-value store, served from memory.
///
/// Everything that is in the store comes into memory by one path, the store's watch: what this server wrote and what
/// another one did. A write is acknowledged when its revision has come by, so that whoever wrote sees it.
public final class ClusterStore: Sendable {
  let store: any RevisionedStore
  /// The same; nil where nothing is encrypted.
  private let encrypted: EncryptedStore?
  let times = StoreTimes()
  private let caches = Mutex<[Substring: ResourceCache]>([:])
  private let gate = RevisionGate()
  private let observers = Mutex<[Observer]>([])
  private let feed = Mutex<(task: Task<Void, Never>, watch: StoreWatch)?>(nil)
  /// Whether others write to the store.
  let isShared: Bool
  /// Whether somebody writes so that the feed tells something.
  private let isFencing = Atomic(false)
  private let onFailure: @Sendable (any Error) -> Void

  /// Loads everything, and follows from there.
  /// - Parameters:
  ///   - isShared: whether others write to the store, beside the objects too.
  ///   - encryption: how values are encrypted in it; nil where they are not.
  ///   - onFailure: told when the store cannot be followed any more.
  public init(
    _ store: any RevisionedStore, isShared: Bool = false, encryption: ResourceEncryption? = nil,
    onFailure: @escaping @Sendable (any Error) -> Void
  ) async throws {
    encrypted = encryption.map { EncryptedStore(store, $0) }
    let store: any RevisionedStore = encrypted ?? store
    self.store = store
    self.isShared = isShared
    self.onFailure = onFailure
    let page = try await store.range(prefix: StorageLayout.root)
    gate.open(to: page.revision)
    for value in page.values {
      guard let cache = cache(ofKey: value.key) else { continue }
      cache.load(try CachedObject(key: value.key, revision: value.modRevision, stored: value.value))
    }
    let watch = store.watch(prefix: StorageLayout.root, from: page.revision + 1)
    feed.withLock { $0 = (Task { [weak self] in await self?.follow(watch) }, watch) }
  }

  /// The newest revision that is in memory.
  public var revision: Int64 { gate.revision }

  func cache(of prefix: String) -> ResourceCache {
    caches.withLock { caches in
      if let cache = caches[Substring(prefix)] { return cache }
      let cache = ResourceCache(revision: gate.revision, gate)
      caches[Substring(prefix)] = cache
      return cache
    }
  }

  private func cache(ofKey key: String) -> ResourceCache? {
    guard let prefix = StorageLayout.prefix(ofKey: key) else { return nil }
    return caches.withLock { caches in
      if let cache = caches[prefix] { return cache }
      let cache = ResourceCache(revision: gate.revision, gate)
      caches[prefix] = cache
      return cache
    }
  }

  private func follow(_ watch: StoreWatch) async {
    do {
      for try await batch in watch {
        try take(batch)
        gate.open(to: batch.revision)
      }
    } catch {
      gate.fail(error)
      onFailure(error)
    }
  }

  private func take(_ batch: WatchBatch) throws {
    var changes: [(prefix: Substring, cache: ResourceCache, events: [ObjectEvent])] = []
    for event in batch.events {
      guard let prefix = StorageLayout.prefix(ofKey: event.key), let cache = cache(ofKey: event.key) else { continue }
      let current = try event.current.map {
        try CachedObject(key: event.key, revision: batch.revision, stored: $0.value)
      }
      // A deletion tells the object as it was, with the revision at which it went.
      let previous =
        try current == nil
        ? event.previous.map { try CachedObject(key: event.key, revision: batch.revision, stored: $0.value) }
        : cache.get(event.key)
      let told = ObjectEvent(revision: batch.revision, current: current, previous: previous)
      // Most revisions change one object.
      if let place = changes.firstIndex(where: { $0.cache === cache }) {
        changes[place].events.append(told)
      } else {
        changes.append((prefix, cache, [told]))
      }
    }
    observers.withLock { observers in
      for (prefix, cache, events) in changes {
        cache.apply(events, revision: batch.revision)
        observers.removeAll { !$0.take(ObjectChanges(events), prefix) }
      }
    }
  }

  /// Every change of every object from now on, after everything that is there as additions: nothing is missing between
  /// the two, and nothing comes twice.
  /// - Parameters:
  ///   - prefixes: those of the resources that are wanted; nil for all.
  ///   - body: is called where the store's feed is, in order: it must be quick. False: it wants no more.
  func observe(_ prefixes: Set<String>?, _ body: @escaping @Sendable (ObjectChanges) -> Bool) {
    let observer = Observer(prefixes: prefixes.map { Set($0.map { Substring($0) }) }, body: body)
    observers.withLock { observers in
      for (prefix, cache) in caches.withLock({ $0 }) where observer.wants(prefix) {
        let present = cache.everything
        guard present.isEmpty || observer.take(ObjectChanges(additions: present), prefix) else { return }
      }
      observers.append(observer)
    }
  }

  /// Somebody who is told of changes.
  private struct Observer: Sendable {
    let prefixes: Set<Substring>?
    let body: @Sendable (ObjectChanges) -> Bool

    func wants(_ prefix: Substring) -> Bool { prefixes?.contains(prefix) ?? true }

    /// - Returns: false where it wants no more.
    func take(_ changes: ObjectChanges, _ prefix: Substring) -> Bool { !wants(prefix) || body(changes) }
  }

  /// Writes, and returns when the change can be read.
  /// - Parameter lease: what the objects that are written go with.
  func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease? = nil
  ) async throws -> Int64 {
    let began = ContinuousClock.now
    let revision: Int64
    do {
      revision = try await store.commit(mutations, where: preconditions, lease: lease)
      times.record(mutations, where: preconditions, ContinuousClock.now - began, hasFailed: false)
    } catch {
      // That somebody was faster is an answer, and no error of the store's.
      let isConflict = error.code == .conflict
      times.record(mutations, where: preconditions, ContinuousClock.now - began, hasFailed: !isConflict)
      throw error
    }
    try await gate.wait(for: revision)
    return revision
  }

  /// Whether an object was encrypted in another way than it would be today.
  func isStale(_ key: String) async throws -> Bool { try await encrypted?.isStale(key) ?? false }

  /// Waits until everything that is committed now is in memory: what a consistent read begins with.
  func settle() async throws {
    let newest = try await store.revision()
    guard isShared, gate.revision < newest else { return try await gate.wait(for: newest) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [gate] in try await gate.wait(for: newest) }
      group.addTask { try await self.urge() }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Makes the feed tell how far it is: the newest revision may be that of a key which is no object's, and then nothing
  /// would ever come by. The store is asked for a mark; where it gives none, a key that the feed hears of is written.
  private func urge() async throws {
    var turn = 0
    while true {
      try await Task.sleep(for: Self.patience)
      turn += 1
      feed.withLock { $0?.watch }?.requestProgress()
      guard turn > 2, !isFencing.exchange(true, ordering: .acquiringAndReleasing) else { continue }
      defer { isFencing.store(false, ordering: .releasing) }
      _ = try await store.put(Self.fence, [])
    }
  }

  private static let patience = Duration.milliseconds(50)
  /// No object's key.
  private static let fence = "\(StorageLayout.root)apus.fence"

  /// Waits until a revision is in memory, for a time.
  /// - Returns: false where it did not come.
  func wait(for revision: Int64, atMost limit: Duration) async throws -> Bool {
    if gate.revision >= revision { return true }
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask { [gate] in
        try await gate.wait(for: revision)
        return true
      }
      group.addTask {
        try await Task.sleep(for: limit)
        return false
      }
      defer { group.cancelAll() }
      return try await group.next() ?? false
    }
  }

  /// Forgets what was replaced or removed before a revision.
  public func compact(upTo revision: Int64) async throws { try await store.compact(upTo: revision) }

  public func close() async {
    feed.withLock { $0.take() }?.task.cancel()
    await store.close()
  }
}
