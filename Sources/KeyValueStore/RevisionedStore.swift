/// A part of the keys with a prefix, as they were at one revision.
public struct RangePage: Sendable, Equatable {
  /// In the order of the keys' bytes.
  public let values: [KeyValue]
  /// The revision that the page shows: ask for it with the next page, and watch from the one after it.
  public let revision: Int64
  /// The key after which the next page begins; nil where this is the last one.
  public let continuation: String?
  /// How many keys follow this page; nil where it was not asked for.
  public let remaining: Int?

  public init(values: [KeyValue], revision: Int64, continuation: String?, remaining: Int?) {
    self.values = values
    self.revision = revision
    self.continuation = continuation
    self.remaining = remaining
  }
}

/// What a cluster's API server keeps its objects in: all revisions of all keys since the last compaction, with watches
/// and leases. The semantics are etcd's (API v3), so that etcd itself is one of the engines.
///
/// Reads and writes are linearizable. A revision is one transaction: it is seen whole or not at all, it has a number
/// of its own, and numbers only go up, over restarts and restores too. A transaction that changes nothing (only
/// removes absent keys, or is empty) makes no revision and answers with the newest.
///
/// All calls throw `.closed` after `close`, `.damaged` where the database is broken; those of a distributed store
/// `.unavailable`, `.denied` and `.malformed` as well.
public protocol RevisionedStore: KeyValueStore {
  /// One key, now or as it was at a revision.
  /// - Throws: `.compacted` where the revision is older than what is kept, `.future` where it does not exist yet.
  func get(_ key: String, at revision: Int64?) async throws(StoreError) -> KeyValue?

  /// Keys that begin with `prefix`, now or as they were at a revision, in the order of their bytes.
  /// - Parameters:
  ///   - after: where to begin: after this key, the last of the page before; nil for the first page.
  ///   - limit: at most so many; nil for all.
  ///   - revision: nil for the newest. Later pages ask for the first page's.
  ///   - counting: whether to count how many follow: this costs a walk over them.
  /// - Throws: `.compacted`, `.future`.
  func range(
    prefix: String, after: String?, limit: Int?, at revision: Int64?, counting: Bool
  ) async throws(StoreError) -> RangePage

  /// How many keys begin with `prefix`.
  /// - Throws: `.compacted`, `.future`.
  func count(prefix: String, at revision: Int64?) async throws(StoreError) -> Int

  /// Applies all mutations under one new revision where all preconditions hold, and returns that revision.
  /// - Parameters:
  ///   - mutations: each key once.
  ///   - preconditions: looked at together with the change, at one instant.
  ///   - lease: what the keys that are put go with. A put without a lease takes a key out of the one it had.
  /// - Throws: `.conflict`, which carries what is there instead (`StoreError.conflict`); `.full`; `.leaseGone`;
  ///   `.invalid` for a key that is named twice.
  @discardableResult
  func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?
  ) async throws(StoreError) -> Int64

  /// The same for those who have something to do at once with what comes of it.
  /// - Parameter answer: is called once: of a store in this process after its watches have the change, where it works, so
  ///   that it must be quick; of another one when it has acknowledged the change.
  func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?,
    then answer: @escaping @Sendable (Result<Int64, StoreError>) -> Void)

  /// All changes of keys that begin with `prefix`, from a revision on, one batch a revision, with what the keys held
  /// before.
  /// - Parameter revision: the first to be told, usually the one after that of a `range`; it may still be to come.
  func watch(prefix: String, from revision: Int64) -> StoreWatch

  /// Forgets what was replaced or removed before a revision: what was at that revision stays readable; older revisions
  /// cannot be read, and those up to it not be watched from, any more. Space on disk comes free little by little
  /// afterwards. An older revision than that of the last compaction is no error.
  /// - Throws: `.future`.
  func compact(upTo revision: Int64) async throws(StoreError)

  /// Asks for a lease.
  /// - Parameter seconds: what it lasts without `keepAlive`; the store may give more.
  func grantLease(seconds: Int64) async throws(StoreError) -> Lease
  /// Makes a lease last for its full time again.
  /// - Throws: `.leaseGone` where it has ended.
  func keepAlive(_ lease: Lease) async throws(StoreError)
  /// Ends a lease and removes its keys; one that has ended is no error. Its keys, like those of a lease that runs out,
  /// go under one revision with usual events.
  func revoke(_ lease: Lease) async throws(StoreError)

  /// Writes everything as it is at one revision to a new file, which appears whole or not at all.
  /// - Throws: `.failed` where the file is there already or cannot be written, `.full`.
  func snapshot(to path: String) async throws(StoreError)
}

extension RevisionedStore {
  public func get(_ key: String) async throws(StoreError) -> KeyValue? { try await get(key, at: nil) }

  public func list(prefix: String) async throws(StoreError) -> [KeyValue] { try await range(prefix: prefix).values }

  @discardableResult
  public func commit(_ mutations: [Mutation], where preconditions: [Precondition]) async throws(StoreError) -> Int64 {
    try await commit(mutations, where: preconditions, lease: nil)
  }

  public func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?,
    then answer: @escaping @Sendable (Result<Int64, StoreError>) -> Void
  ) {
    Task {
      do throws(StoreError) {
        answer(.success(try await commit(mutations, where: preconditions, lease: lease)))
      } catch { answer(.failure(error)) }
    }
  }

  /// The same with everything that is usual left out.
  public func range(
    prefix: String, after: String? = nil, limit: Int? = nil, at revision: Int64? = nil
  ) async throws(StoreError) -> RangePage {
    try await range(prefix: prefix, after: after, limit: limit, at: revision, counting: false)
  }

  public func count(prefix: String) async throws(StoreError) -> Int { try await count(prefix: prefix, at: nil) }
}
