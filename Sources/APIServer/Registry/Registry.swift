import APIMachinery
import ClusterAPI
import KeyValueStore

/// Creates, reads, changes and removes objects of every kind, built-in and custom, by one path (DESIGN, idea 5).
///
/// It knows nothing of HTTP and of who may do what: the handlers above it do.
public final class Registry: Sendable {
  let store: ClusterStore
  public let catalog: ResourceCatalog
  let kinds: BuiltinKinds
  let admission: any Admission
  let admissionMetrics: AdmissionMetrics
  /// By which conversion webhooks are asked.
  let outbound: OutboundClient?
  /// How long a watch lasts that says nothing else: between this and twice as long, so that not all end at once.
  let watchSeconds: Int64
  /// Wakes the watches of all kinds.
  let watchClock = WatchClock()
  /// Gives services what they get; nil where nothing is given out.
  let services: ServiceAllocator?
  /// What is done with objects of single kinds beyond what is done with all.
  let strategies: KindStrategies

  /// What events go with; nil where they stay.
  private let eventLeases: LeasePool?

  /// - Parameters:
  ///   - watchSeconds: how long a watch lasts at least that says nothing else.
  ///   - eventLifetime: how long an event is there after it was written last; nil for ever.
  public init(
    store: ClusterStore, catalog: ResourceCatalog, kinds: BuiltinKinds, admission: any Admission,
    admissionMetrics: AdmissionMetrics = AdmissionMetrics(), watchSeconds: Int64 = 1800,
    services: ServiceAllocator? = nil, outbound: OutboundClient? = nil, eventLifetime: Duration? = nil
  ) {
    eventLeases = eventLifetime.map { LeasePool(store.store, lifetime: $0) }
    self.outbound = outbound
    self.services = services
    strategies = KindStrategies(store, services: services)
    self.store = store
    self.catalog = catalog
    self.kinds = kinds
    self.admission = admission
    self.admissionMetrics = admissionMetrics
    self.watchSeconds = max(1, watchSeconds)
  }

  func cache(of target: ServedResource) -> ResourceCache {
    store.cache(of: target.storagePrefix)
  }

  /// An object as it is now.
  /// - Throws: 404; 500 where it cannot be read.
  func find(_ target: ServedResource, namespace: String, name: String) throws(StatusError) -> CachedObject {
    guard let object = try present(target, namespace: namespace, name: name) else {
      throw .notFound(target.groupResource, name)
    }
    return object
  }

  /// An object as it is now; nil where there is none.
  /// - Throws: 500 where it cannot be read.
  func present(_ target: ServedResource, namespace: String, name: String) throws(StatusError) -> CachedObject? {
    let (cache, key) = (cache(of: target), target.key(namespace: namespace, name: name))
    if let object = cache.get(key) { return object }
    if store.hasUnreadable, let unreadable = cache.unreadable(key) { throw .internalError(unreadable.why) }
    return nil
  }

  /// What a write has made of an object.
  public struct Written: Sendable {
    /// The JSON as it is served.
    public let bytes: [UInt8]
    public let isNew: Bool
  }

  /// Puts an object in the store and waits until it can be read.
  /// - Parameters:
  ///   - current: what is there now; nil for a new object.
  ///   - allocation: what is taken and given back in the same transaction.
  /// - Throws: ``StaleWrite`` where something else is there by now.
  func write(
    _ object: JSONObject, _ target: ServedResource, key: String, over current: CachedObject?, isDryRun: Bool,
    with allocation: ServiceAllocation? = nil
  ) async throws -> CachedObject {
    let tree = try await stored(object, target)
    let stored = CachedObject.stored(tree)
    guard stored.bytes.count <= Self.largestObject else {
      throw StatusError.requestEntityTooLarge(maximum: Self.largestObject)
    }
    // Two bytes a level are the least that nesting takes. What is deeper could not be read again.
    guard
      stored.bytes.count < 2 * JSONReader.maximumWrittenDepth
        || JSONValue.object(tree).depth <= JSONReader.maximumWrittenDepth
    else { throw StatusError.badRequest("the object nests too deeply: exceeded max depth") }
    // What nobody can read is there all the same.
    if current == nil, store.hasUnreadable, cache(of: target).unreadable(key) != nil {
      throw StatusError.alreadyExists(target.groupResource, object.objectName)
    }
    if isDryRun {
      return CachedObject(key: key, stored.at(revision: UInt64(current?.revision ?? 0)))
    }
    let mutations = [.put(key: key, value: stored.bytes)] + (allocation?.mutations ?? [])
    let conditions =
      [.modRevision(key: key, equals: current?.revision ?? 0)] + (allocation?.preconditions ?? [])
    do {
      let revision = try await commit(mutations, where: conditions, putting: (key, stored), target)
      return CachedObject(key: key, stored.at(revision: UInt64(revision)))
    } catch let error as StoreError where error.code == .conflict {
      throw StaleWrite(key: error.conflict?.precondition.key)
    }
  }

  private static let events = GroupResource(group: "", resource: "events")

  private func commit(
    _ mutations: [Mutation], where conditions: [Precondition], putting object: (key: String, object: StoredObject),
    _ target: ServedResource
  ) async throws -> Int64 {
    guard let eventLeases, (target.resource.storedAs ?? target.groupResource) == Self.events else {
      return try await store.commit(mutations, where: conditions, putting: object)
    }
    let lease = try await eventLeases.lease()
    do {
      return try await store.commit(mutations, where: conditions, lease: lease, putting: object)
    } catch let error as StoreError where error.code == .leaseGone {
      // Nothing was written. The store has forgotten it, or the clocks do not agree.
      await eventLeases.forget(lease)
      return try await store.commit(
        mutations, where: conditions, lease: try await eventLeases.lease(), putting: object)
    }
  }

  /// Removes an object for good.
  /// - Returns: what it was, under the revision of its end.
  @discardableResult
  func erase(_ current: CachedObject, _ target: ServedResource, isDryRun: Bool) async throws -> CachedObject {
    if isDryRun { return current }
    let allocation = strategies.of(target).allocation(endedBy: current)
    do {
      let revision = try await store.commit(
        [.delete(key: current.key)] + (allocation?.mutations ?? []),
        where: [.modRevision(key: current.key, equals: current.revision)] + (allocation?.preconditions ?? []))
      return CachedObject(key: current.key, current.object.at(revision: UInt64(revision)))
    } catch let error as StoreError where error.code == .conflict {
      throw StaleWrite()
    }
  }

  /// Somebody else has changed the object, or what goes with it, since it was read.
  struct StaleWrite: Error {
    /// The key that was found changed, where it is known.
    var key: String?
  }

  /// Bytes that an object may have (kube-apiserver's limit on what it takes).
  static let largestObject = 3 * 1024 * 1024

  /// How often a change that names no resource version is tried on what others have changed meanwhile.
  static let mostAttempts = 64

  /// Repeats a change on the newest state until nobody comes between.
  func retrying<Result>(
    _ target: ServedResource, _ name: String, _ body: () async throws -> Result
  ) async throws -> Result {
    try await retrying(target, namespace: nil, name, body)
  }

  /// The same for what is about one object, which other servers may have written.
  /// - Parameter namespace: the object's; nil where it is no object of the target.
  func retrying<Result>(
    _ target: ServedResource, namespace: String?, _ name: String, _ body: () async throws -> Result
  ) async throws -> Result {
    let key = store.isShared ? namespace.map { target.key(namespace: $0, name: name) } : nil
    for attempt in 1... {
      let known = key.map { cache(of: target).get($0)?.revision }
      do { return try await body() } catch is StaleWrite {
        // Nothing is known of the change that came between until the store's feed has told it.
        try await store.settle()
        if attempt == Self.mostAttempts { break }
      } catch let error as StatusError
        where attempt == 1 && key != nil && (error.reason == .notFound || error.reason == .conflict)
      {
        // So it looks from here: another server may have written what the client knows of.
        try await store.settle()
        if known == key.map({ cache(of: target).get($0)?.revision }) { throw error }
      }
    }
    throw StatusError.conflict(target.groupResource, name)
  }
}
