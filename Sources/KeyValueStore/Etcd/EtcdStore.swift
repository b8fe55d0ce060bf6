import Synchronization

/// Keys and values in an etcd cluster, over gRPC (etcd API v3; 3.4 and later).
///
/// All keys are below the configuration's prefix and are named here without it. An acknowledged change is on the disks
/// of most members. Where a call throws `.unavailable`, the change may or may not have been made. Revisions are those of
/// the whole cluster: other prefixes raise them as well.
public final class EtcdStore: RevisionedStore {
  public let configuration: EtcdConfiguration
  let client: EtcdClient
  private let watches: EtcdWatches
  /// A key that we are allowed to read.
  private let readable = Mutex<[UInt8]?>(nil)
  /// Keys that the first request of a list answers at most, and each one after it: by then it is known how large they
  /// are, and an answer shall hold about so many bytes.
  private static let firstPage = 250
  private static let largestPage = 5000
  private static let pageBytes = 16 << 20

  /// Opens nothing yet: the first call does.
  /// - Throws: `.failed` where a file of certificates cannot be used.
  public init(_ configuration: EtcdConfiguration) throws(StoreError) {
    self.configuration = configuration
    // The system's authorities are read only where they are wanted.
    let isSecure = configuration.endpoints.contains(where: \.isSecure) || configuration.tls != nil
    let tls = isSecure ? try (configuration.tls ?? .init()).context() : nil
    client = EtcdClient(configuration, tls: tls)
    watches = EtcdWatches(client, prefix: configuration.prefix)
  }

  /// The keys of a location, without TLS.
  public init(_ location: EtcdLocation) {
    configuration = EtcdConfiguration(location)
    client = EtcdClient(configuration, tls: nil)
    watches = EtcdWatches(client, prefix: configuration.prefix)
  }

  public func revision() async throws(StoreError) -> Int64 {
    // Which key is asked for does not matter, but that we may ask for it does.
    let known = readable.withLock { $0 }
    return try await range(EtcdRequest.Range(key: known ?? key("\u{0}"), countsOnly: true)).revision
  }

  public func get(_ key: String, at revision: Int64?) async throws(StoreError) -> KeyValue? {
    let answer = try await range(EtcdRequest.Range(key: self.key(key), revision: revision ?? 0))
    guard let entry = answer.message.values.first else { return nil }
    return try KeyValue(entry, prefix: configuration.prefix)
  }

  public func range(
    prefix: String, after: String?, limit: Int?, at revision: Int64?, counting: Bool
  ) async throws(StoreError) -> RangePage {
    var values: [KeyValue] = []
    var bytes = 0
    func size(_ wanted: Int) -> Int { limit.map { min($0 - values.count, wanted) } ?? wanted }
    var page = try await self.page(prefix: prefix, after: after, limit: size(Self.firstPage), at: revision)
    while true {
      values += page.values
      bytes += page.values.reduce(0) { $0 + $1.value.count }
      guard let next = page.continuation, values.count < limit ?? .max else { break }
      let fitting = Self.pageBytes / max(1, bytes / values.count)
      do throws(StoreError) {
        page = try await self.page(
          prefix: prefix, after: next, limit: size(min(max(fitting, 1), Self.largestPage)), at: page.revision)
      } catch {
        // Compacted between two pages: begin again, unless it was this very revision that was asked for.
        guard error.code == .compacted, revision == nil else { throw error }
        (values, bytes) = ([], 0)
        page = try await self.page(prefix: prefix, after: after, limit: size(Self.firstPage), at: nil)
      }
    }
    return RangePage(
      values: values, revision: page.revision, continuation: page.continuation,
      remaining: counting ? page.remaining : nil)
  }

  /// What one request answers.
  private func page(
    prefix: String, after: String?, limit: Int, at revision: Int64?
  ) async throws(StoreError) -> RangePage {
    let start = KeyRange.start(prefix: configuration.prefix + prefix, after: after.map { configuration.prefix + $0 })
    let end = EtcdRequest.end(ofPrefix: key(prefix))
    // A page that begins after the last key of all is empty, which etcd would not take for a range; that the revision
    // is there is asked all the same.
    let isRange = start.lexicographicallyPrecedes(end) || end == [0]
    let answer = try await range(
      EtcdRequest.Range(
        key: EtcdRequest.start(ofPrefix: start), end: isRange ? end : [],
        // Etcd takes zero for no limit.
        limit: Int64(max(1, limit)), revision: revision ?? 0))
    let values = limit == 0 || !isRange ? [] : try values(answer.message.values)
    let remaining = isRange ? Int(answer.message.count) - values.count : 0
    // The next page would begin where this one did, for ever.
    guard limit == 0 || !values.isEmpty || remaining <= 0 else {
      throw StoreError(.malformed, "the cluster store answered with none of \(remaining) keys")
    }
    return RangePage(
      values: values, revision: revision ?? answer.revision,
      continuation: remaining > 0 ? values.last?.key ?? after : nil, remaining: remaining)
  }

  public func count(prefix: String, at revision: Int64?) async throws(StoreError) -> Int {
    let answer = try await range(
      EtcdRequest.Range(
        key: EtcdRequest.start(ofPrefix: key(prefix)), end: EtcdRequest.end(ofPrefix: key(prefix)),
        revision: revision ?? 0, countsOnly: true))
    return Int(answer.message.count)
  }

  @discardableResult
  public func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?
  ) async throws(StoreError) -> Int64 {
    try mutations.validate()
    // Etcd would answer this from a member that may lag behind.
    if mutations.isEmpty && preconditions.isEmpty { return try await revision() }
    let outcome = try await transact(
      preconditions.map { precondition in
        switch precondition {
        case .modRevision(let key, let revision): .unchanged(key, since: revision)
        case .createRevision(let key, let revision): .created(key, at: revision)
        }
      },
      then: mutations.map { mutation in
        switch mutation {
        case .put(let key, let value): .put(key, value, lease: lease)
        case .delete(let key): .delete(key)
        }
      }, otherwise: preconditions.map { .get($0.key) })
    if outcome.succeeded { return outcome.revision }
    for (precondition, read) in zip(preconditions, outcome.reads) where !precondition.holds(for: read.first) {
      throw StoreConflict(precondition: precondition, current: read.first, revision: outcome.revision).error
    }
    throw StoreError(.malformed, "the cluster store refused a transaction whose preconditions hold")
  }

  /// Carries out `operations` where all comparisons hold, else `otherwise`; at one revision, whole or not at all.
  public func transact(
    _ comparisons: [EtcdComparison], then operations: [EtcdOperation], otherwise: [EtcdOperation] = []
  ) async throws(StoreError) -> EtcdOutcome {
    let prefix = configuration.prefix
    let steps = [operations, otherwise].joined()
    let answer: EtcdAnswer.Transaction = try await client.call(
      .transaction,
      EtcdRequest.Transaction(
        comparisons: comparisons.map { $0.message(prefix) }, success: operations.map { $0.message(prefix) },
        failure: otherwise.map { $0.message(prefix) }), steps.allSatisfy(\.reads) ? .harmless : .forbidden)
    guard let revision = answer.header?.revision, revision > 0 else { throw Self.headless }
    let taken = answer.succeeded ? operations : otherwise
    guard answer.responses.count == taken.count else {
      throw StoreError(.malformed, "the cluster store answered \(answer.responses.count) of \(taken.count) steps")
    }
    var reads: [[KeyValue]] = []
    for (step, response) in zip(taken, answer.responses) where step.reads {
      reads.append(try values(response.range?.values ?? []))
    }
    return EtcdOutcome(succeeded: answer.succeeded, revision: revision, reads: reads)
  }

  public func watch(prefix: String, from revision: Int64) -> StoreWatch {
    StoreWatch(watches.watch(prefix: prefix, from: revision))
  }

  public func compact(upTo revision: Int64) async throws(StoreError) {
    do throws(StoreError) {
      let _: EtcdAnswer.Nothing = try await client.call(.compact, EtcdRequest.Compaction(revision: revision))
      // What is compacted already is what was wanted.
    } catch { if error.code != .compacted { throw error } }
  }

  /// Only our keys, and in the form that the embedded store reads; etcd's own backup is `etcdctl snapshot save`.
  public func snapshot(to path: String) async throws(StoreError) {
    let page = try await range(prefix: "")
    var values = page.values
    var leases: [Lease] = []
    var gone: Set<Int64> = []
    for id in Set(values.map(\.lease)) where id != 0 {
      if let lease = try await lease(id) { leases.append(lease) } else { gone.insert(id) }
    }
    values.removeAll { gone.contains($0.lease) }
    try await StoreSnapshot.write(values, leases: leases, revision: page.revision, to: path)
  }

  public func close() async {
    watches.close()
    await client.close()
  }

  // MARK: the wire

  private func key(_ name: String) -> [UInt8] { Array((configuration.prefix + name).utf8) }

  private func range(
    _ request: EtcdRequest.Range
  ) async throws(StoreError) -> (message: EtcdAnswer.Range, revision: Int64) {
    let answer: EtcdAnswer.Range = try await client.call(.range, request)
    guard let revision = answer.header?.revision, revision > 0 else { throw Self.headless }
    readable.withLock { $0 = $0 ?? request.key }
    return (answer, revision)
  }

  private func values(_ entries: [EtcdAnswer.KeyValue]) throws(StoreError) -> [KeyValue] {
    var values: [KeyValue] = []
    values.reserveCapacity(entries.count)
    for entry in entries { values.append(try KeyValue(entry, prefix: configuration.prefix)) }
    return values
  }

  private static let headless = StoreError(.malformed, "the cluster store's answer has no revision")
}

extension EtcdConfiguration {
  public init(_ location: EtcdLocation) {
    self.init(endpoints: location.members.compactMap { Endpoint($0) }, prefix: location.prefix)
  }
}

extension KeyValue {
  /// An entry under its name without the prefix.
  init(_ entry: EtcdAnswer.KeyValue, prefix: String) throws(StoreError) {
    guard entry.key.starts(with: prefix.utf8) else {
      let name = String(decoding: entry.key, as: UTF8.self)
      throw StoreError(.malformed, "the cluster store answered with the key \(name), which nobody asked for")
    }
    self.init(
      key: String(decoding: entry.key.dropFirst(prefix.utf8.count), as: UTF8.self), value: entry.value,
      createRevision: entry.createRevision, modRevision: entry.modRevision, lease: entry.lease)
  }
}
