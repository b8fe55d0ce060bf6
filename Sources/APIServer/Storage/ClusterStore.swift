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
  private let caches = Mutex(Caches())
  private let gate = RevisionGate()
  private let observers = Mutex(Observers())
  private let feed = Mutex<(task: Task<Void, Never>, watch: StoreWatch)?>(nil)
  /// Whether others write to the store.
  let isShared: Bool
  /// Whether somebody writes so that the feed tells something.
  private let isFencing = Atomic(false)
  /// Objects that nobody can read.
  private let unreadable = Atomic(0)
  /// What is being written: when it comes by it need not be read once more.
  private let written = Mutex<[String: StoredObject]>([:])
  private let onFailure: @Sendable (any Error) -> Void
  private let report: @Sendable (String) -> Void

  /// Loads everything, and follows from there.
  /// - Parameters:
  ///   - isShared: whether others write to the store, beside the objects too.
  ///   - encryption: how values are encrypted in it; nil where they are not.
  ///   - report: told which objects cannot be read.
  ///   - onFailure: told when the store cannot be followed any more.
  public init(
    _ store: any RevisionedStore, isShared: Bool = false, encryption: ResourceEncryption? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }, onFailure: @escaping @Sendable (any Error) -> Void
  ) async throws {
    encrypted = encryption.map { EncryptedStore(store, $0) }
    self.store = encrypted ?? store
    self.isShared = isShared
    self.onFailure = onFailure
    self.report = report
    // As it stands there: one value that cannot be decrypted must not keep all others from being served.
    let page = try await store.range(prefix: StorageLayout.root)
    gate.open(to: page.revision)
    var held: [UnreadableObject] = []
    for value in page.values {
      guard let cache = StorageLayout.prefix(ofKey: value.key).map(cache(at:)) else { continue }
      do throws(UnreadableObject) { cache.load(try await read(value)) } catch {
        cache.hold(error)
        held.append(error)
      }
    }
    unreadable.store(held.count, ordering: .releasing)
    tell(held)
    let watch = store.watch(prefix: StorageLayout.root, from: page.revision + 1)
    feed.withLock { $0 = (Task { [weak self] in await self?.follow(watch) }, watch) }
  }

  /// The newest revision that is in memory.
  public var revision: Int64 { gate.revision }

  /// The cache of each resource, by what its keys begin with.
  private struct Caches {
    private(set) var all: [Substring: ResourceCache] = [:]
    /// The same, for those who have a whole text: that is hashed faster than a part of one.
    private var named: [String: ResourceCache] = [:]

    mutating func cache(of prefix: String, _ make: () -> ResourceCache) -> ResourceCache {
      if let cache = named[prefix] { return cache }
      let cache = cache(at: Substring(prefix), make)
      named[prefix] = cache
      return cache
    }

    mutating func cache(at prefix: Substring, _ make: () -> ResourceCache) -> ResourceCache {
      if let cache = all[prefix] { return cache }
      let cache = make()
      all[prefix] = cache
      return cache
    }
  }

  func cache(of prefix: String) -> ResourceCache {
    caches.withLock { $0.cache(of: prefix) { ResourceCache(revision: gate.revision, gate) } }
  }

  private func cache(at prefix: Substring) -> ResourceCache {
    caches.withLock { $0.cache(at: prefix) { ResourceCache(revision: gate.revision, gate) } }
  }

  private func follow(_ watch: StoreWatch) async {
    do {
      for try await batch in watch {
        take(await changes(in: batch), revision: batch.revision)
        gate.open(to: batch.revision)
      }
    } catch {
      gate.fail(error)
      onFailure(error)
    }
  }

  /// One key of a change.
  private struct Change {
    let key: String
    let prefix: Substring
    let cache: ResourceCache
    /// Nil where it is gone.
    let current: Result<CachedObject, UnreadableObject>?
  }

  private func changes(in batch: WatchBatch) async -> [Change] {
    var changes: [Change] = []
    for event in batch.events {
      guard let prefix = StorageLayout.prefix(ofKey: event.key) else { continue }
      let cache = cache(at: prefix)
      var current: Result<CachedObject, UnreadableObject>?
      if let value = event.current {
        do throws(UnreadableObject) { current = .success(try await read(value)) } catch { current = .failure(error) }
      }
      changes.append(Change(key: event.key, prefix: prefix, cache: cache, current: current))
    }
    return changes
  }

  private func take(_ batch: [Change], revision: Int64) {
    var changes: [(prefix: Substring, cache: ResourceCache, events: [ObjectEvent])] = []
    var held: [UnreadableObject] = []
    for change in batch {
      let (cache, key) = (change.cache, change.key)
      let before = cache.get(key) ?? (hasUnreadable ? cache.unreadable(key)?.before : nil)
      let current: CachedObject?
      switch change.current {
      case .success(let object): current = object
      case .failure(let object):
        if cache.hold(object) { unreadable.add(1, ordering: .releasing) }
        held.append(object)
        continue
      case nil: current = nil
      }
      if hasUnreadable, cache.forgetUnreadable(key) { unreadable.subtract(1, ordering: .releasing) }
      // A deletion tells the object as it was, with the revision at which it went.
      let previous = current == nil ? before?.at(revision: revision) : before
      // Nobody has ever known what goes.
      if current == nil, previous == nil { continue }
      let told = ObjectEvent(revision: revision, current: current, previous: previous)
      // Most revisions change one object.
      if let place = changes.firstIndex(where: { $0.cache === cache }) {
        changes[place].events.append(told)
      } else {
        changes.append((change.prefix, cache, [told]))
      }
    }
    tell(held)
    observers.withLock { observers in
      for (prefix, cache, events) in changes {
        cache.apply(events, revision: revision)
        observers.tell(ObjectChanges(events), prefix)
      }
    }
  }

  // MARK: What cannot be read

  /// Whether there are objects that nobody can read.
  var hasUnreadable: Bool { unreadable.load(ordering: .acquiring) > 0 }

  /// How many are told of one by one.
  private static let mostTold = 10

  private func read(_ stored: KeyValue) async throws(UnreadableObject) -> CachedObject {
    if let known = written.withLock({ $0[stored.key] }), known.bytes == stored.value {
      return CachedObject(key: stored.key, known.at(revision: UInt64(stored.modRevision)))
    }
    guard let encrypted else { return try CachedObject(stored) }
    let value: KeyValue
    do throws(StoreError) { value = try await encrypted.read(stored) } catch {
      throw UnreadableObject(key: stored.key, revision: stored.modRevision, why: error.message, stored: stored)
    }
    do throws(UnreadableObject) { return try CachedObject(value) } catch {
      throw UnreadableObject(key: stored.key, revision: stored.modRevision, why: error.why, stored: stored)
    }
  }

  private func tell(_ held: [UnreadableObject]) {
    for object in held.prefix(Self.mostTold) {
      report("\(object.why): the object is not served, and neither are lists that it belongs to")
    }
    if held.count > Self.mostTold { report("\(held.count - Self.mostTold) more objects cannot be read") }
  }

  /// Tries once more to read what could not be read: its key, or the plugin that keeps it, may be there by now.
  public func readAgain() async {
    guard hasUnreadable else { return }
    var count = 0
    for (prefix, cache) in caches.withLock({ $0.all }) {
      for object in cache.unreadable() {
        let found: CachedObject
        do throws(UnreadableObject) { found = try await read(object.stored) } catch { continue }
        // Where the feed is, so that nobody is told of it in another order.
        observers.withLock { observers in
          guard let event = cache.release(found) else { return }
          observers.tell(ObjectChanges([event]), prefix)
          count += 1
        }
      }
    }
    unreadable.subtract(count, ordering: .releasing)
    if count > 0 { report("objects that can be read again: \(count)") }
  }

  /// Every change of every object from now on, after everything that is there as additions: nothing is missing between
  /// the two, and nothing comes twice.
  /// - Parameters:
  ///   - prefixes: those of the resources that are wanted; nil for all.
  ///   - body: is called where the store's feed is, in order: it must be quick. False: it wants no more.
  func observe(_ prefixes: Set<String>?, _ body: @escaping @Sendable (ObjectChanges) -> Bool) {
    let observer = Observer(prefixes: prefixes.map { Set($0.map { Substring($0) }) }, body: body)
    observers.withLock { observers in
      for (prefix, cache) in caches.withLock({ $0.all }) where observer.wants(prefix) {
        let present = cache.everything
        guard present.isEmpty || observer.body(ObjectChanges(additions: present)) else { return }
      }
      observers.append(observer)
    }
  }

  /// Somebody who is told of changes.
  private struct Observer: Sendable {
    let prefixes: Set<Substring>?
    /// Returns false where it wants no more.
    let body: @Sendable (ObjectChanges) -> Bool

    func wants(_ prefix: Substring) -> Bool { prefixes?.contains(prefix) ?? true }
  }

  /// All of them, in the order in which they came.
  private struct Observers {
    private var all: [Observer] = []
    /// The places of those who want the changes of a resource: found out once, since most changes are of few resources and
    /// most observers want others.
    private var wanting: [Substring: [Int]] = [:]

    mutating func append(_ observer: Observer) {
      all.append(observer)
      wanting = [:]
    }

    mutating func tell(_ changes: ObjectChanges, _ prefix: Substring) {
      let places: [Int]
      if let known = wanting[prefix] {
        places = known
      } else {
        places = all.indices.filter { all[$0].wants(prefix) }
        // A text of its own: the key that it is cut from would be kept.
        wanting[Substring(String(prefix))] = places
      }
      let over = places.filter { !all[$0].body(changes) }
      guard !over.isEmpty else { return }
      for place in over.reversed() { all.remove(at: place) }
      wanting = [:]
    }
  }

  /// Writes, and returns when the change can be read.
  /// - Parameters:
  ///   - lease: what the objects that are written go with.
  ///   - object: the object that one of the mutations puts.
  func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease? = nil,
    putting object: (key: String, object: StoredObject)? = nil
  ) async throws -> Int64 {
    guard let object else { return try await commit(mutations, where: preconditions, lease) }
    written.withLock { $0[object.key] = object.object }
    defer { written.withLock { $0[object.key] = nil } }
    return try await commit(mutations, where: preconditions, lease)
  }

  private func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], _ lease: Lease?
  ) async throws -> Int64 {
    let began = ContinuousClock.now
    let note: @Sendable (StoreError?) -> Void = { [times] error in
      // That somebody was faster is an answer, and no error of the store's.
      let hasFailed = error != nil && error?.code != .conflict
      times.record(mutations, where: preconditions, ContinuousClock.now - began, hasFailed: hasFailed)
    }
    if !isShared, encrypted == nil {
      // The feed of such a store waits for nobody and is never far behind: the task sleeps once for both, and no longer than
      // the write takes, cancelled or not.
      return try await withCheckedThrowingContinuation { continuation in
        store.commit(mutations, where: preconditions, lease: lease) { [gate] result in
          switch result {
          case .success(let revision):
            note(nil)
            gate.whenOpen(to: revision) { continuation.resume(with: $0.map { revision }) }
          case .failure(let error):
            note(error)
            continuation.resume(throwing: error)
          }
        }
      }
    }
    let revision: Int64
    do {
      revision = try await store.commit(mutations, where: preconditions, lease: lease)
      note(nil)
    } catch {
      note(error)
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
    // What is still queued is written, and its writer is not told of it any more.
    gate.fail(CancellationError())
    await store.close()
  }
}
