import KeyValueStore

/// A store whose values are encrypted as a configuration says; everything else is the store's behind it.
final class EncryptedStore: RevisionedStore {
  private let store: any RevisionedStore
  private let encryption: ResourceEncryption

  init(_ store: any RevisionedStore, _ encryption: ResourceEncryption) {
    self.store = store
    self.encryption = encryption
  }

  /// Whether what a key holds was written in another way than it would be today; false where it is absent.
  func isStale(_ key: String) async throws(StoreError) -> Bool {
    guard let stored = try await store.get(key) else { return false }
    return encryption.transformers(forKey: key)?.isStale(stored.value)
      ?? stored.value.starts(with: IdentityCipher.encryptedPrefix)
  }

  // MARK: Values

  /// What a key holds, without encryption.
  func read(_ stored: KeyValue) async throws(StoreError) -> KeyValue {
    guard let transformers = encryption.transformers(forKey: stored.key) else { return stored }
    do throws(CipherError) {
      return KeyValue(
        key: stored.key, value: try await transformers.open(stored.value, key: stored.key),
        createRevision: stored.createRevision, modRevision: stored.modRevision, lease: stored.lease)
    } catch {
      throw StoreError(.damaged, "unable to transform key \"\(stored.key)\": \(error.description)", cause: error)
    }
  }

  private func opened(_ stored: KeyValue?) async throws(StoreError) -> KeyValue? {
    guard let stored else { return nil }
    return try await read(stored)
  }

  private func sealed(_ mutation: Mutation) throws(StoreError) -> Mutation {
    guard case .put(let key, let value) = mutation, let transformers = encryption.transformers(forKey: key) else {
      return mutation
    }
    do throws(CipherError) { return .put(key: key, value: try transformers.seal(value, key: key)) } catch {
      throw StoreError(.failed, "unable to transform key \"\(key)\": \(error.description)", cause: error)
    }
  }

  fileprivate func opened(_ batch: WatchBatch) async throws(StoreError) -> WatchBatch {
    var events: [StoreEvent] = []
    for event in batch.events {
      events.append(
        StoreEvent(
          key: event.key, revision: event.revision, current: try await opened(event.current),
          previous: try await opened(event.previous)))
    }
    return WatchBatch(revision: batch.revision, events: events)
  }

  // MARK: Reads and writes

  func revision() async throws(StoreError) -> Int64 { try await store.revision() }

  func get(_ key: String, at revision: Int64?) async throws(StoreError) -> KeyValue? {
    try await opened(try await store.get(key, at: revision))
  }

  func range(
    prefix: String, after: String?, limit: Int?, at revision: Int64?, counting: Bool
  ) async throws(StoreError) -> RangePage {
    let page = try await store.range(prefix: prefix, after: after, limit: limit, at: revision, counting: counting)
    var values: [KeyValue] = []
    values.reserveCapacity(page.values.count)
    for value in page.values { values.append(try await read(value)) }
    return RangePage(
      values: values, revision: page.revision, continuation: page.continuation, remaining: page.remaining)
  }

  func count(prefix: String, at revision: Int64?) async throws(StoreError) -> Int {
    try await store.count(prefix: prefix, at: revision)
  }

  func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?
  ) async throws(StoreError) -> Int64 {
    let sealed = try mutations.map { (mutation) throws(StoreError) in try self.sealed(mutation) }
    do throws(StoreError) { return try await store.commit(sealed, where: preconditions, lease: lease) } catch {
      guard let conflict = error.conflict else { throw error }
      let opened = StoreConflict(
        precondition: conflict.precondition, current: try await opened(conflict.current), revision: conflict.revision)
      throw StoreError(error.code, error.message, cause: opened)
    }
  }

  func watch(prefix: String, from revision: Int64) -> StoreWatch {
    StoreWatch(DecryptedWatch(store.watch(prefix: prefix, from: revision), self))
  }

  // MARK: What has nothing to do with values

  func compact(upTo revision: Int64) async throws(StoreError) { try await store.compact(upTo: revision) }
  func grantLease(seconds: Int64) async throws(StoreError) -> Lease { try await store.grantLease(seconds: seconds) }
  func keepAlive(_ lease: Lease) async throws(StoreError) { try await store.keepAlive(lease) }
  func revoke(_ lease: Lease) async throws(StoreError) { try await store.revoke(lease) }
  func snapshot(to path: String) async throws(StoreError) { try await store.snapshot(to: path) }
  func close() async { await store.close() }
}

/// The changes of a store with the values as they are without encryption.
private struct DecryptedWatch: WatchSource {
  private let watch: StoreWatch
  private let store: EncryptedStore

  init(_ watch: StoreWatch, _ store: EncryptedStore) {
    self.watch = watch
    self.store = store
  }

  func next() async throws(StoreError) -> WatchBatch? {
    var batches = watch.makeAsyncIterator()
    guard let batch = try await batches.next() else { return nil }
    return batch.isProgress ? batch : try await store.opened(batch)
  }

  func requestProgress() { watch.requestProgress() }
  func cancel() { watch.cancel() }
}
