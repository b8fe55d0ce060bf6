import Synchronization

/// A store that forgets: for tests, and for what need not outlive the process.
public final class MemoryStore: RevisionedStore {
  private let state = Mutex(MemoryTable())
  private let log: EventLog
  private let leases = LeaseClock()

  public convenience init() { self.init(capacity: EventLog.usualCapacity) }

  /// - Parameter capacity: of the events that watches read without looking at the table.
  init(capacity: EventLog.Capacity) {
    log = EventLog(revision: 0, compacted: 0, capacity: capacity)
    leases.begin { [weak self] id in self?.end(id) ?? true }
  }

  public func revision() async throws(StoreError) -> Int64 {
    try access { (table) throws(StoreError) in table.revision }
  }

  public func get(_ key: String, at revision: Int64?) async throws(StoreError) -> KeyValue? {
    try access { (table) throws(StoreError) in table.get(key, at: try table.readable(revision)) }
  }

  public func range(
    prefix: String, after: String?, limit: Int?, at revision: Int64?, counting: Bool
  ) async throws(StoreError) -> RangePage {
    try access { (table) throws(StoreError) in
      table.range(prefix: prefix, after: after, limit: limit, at: try table.readable(revision), counting: counting)
    }
  }

  public func count(prefix: String, at revision: Int64?) async throws(StoreError) -> Int {
    try access { (table) throws(StoreError) in
      table.range(prefix: prefix, after: nil, limit: 0, at: try table.readable(revision), counting: true).remaining ?? 0
    }
  }

  @discardableResult
  public func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Lease?
  ) async throws(StoreError) -> Int64 {
    try mutations.validate()
    return try access { (table) throws(StoreError) in
      for precondition in preconditions {
        let current = table.get(precondition.key, at: table.revision)
        guard precondition.holds(for: current) else {
          throw StoreConflict(precondition: precondition, current: current, revision: table.revision).error
        }
      }
      if let lease, !leases.isAlive(lease.id) { throw .leaseGone(lease.id) }
      return apply(mutations, lease: lease?.id ?? 0, &table)
    }
  }

  public func watch(prefix: String, from revision: Int64) -> StoreWatch {
    StoreWatch(
      LogWatch(log, prefix: prefix, from: revision) { [self] (prefix, from) throws(StoreError) in
        try access { (table) throws(StoreError) in try table.history(prefix: prefix, from: from) }
      })
  }

  public func compact(upTo revision: Int64) async throws(StoreError) {
    try access { (table) throws(StoreError) in
      guard revision <= table.revision else { throw .future(revision, newest: table.revision) }
      table.compact(upTo: revision)
      log.compact(upTo: revision)
    }
  }

  public func grantLease(seconds: Int64) async throws(StoreError) -> Lease {
    try access { (table) throws(StoreError) in
      let lease = Lease(id: Int64.random(in: 1 ... .max), timeToLive: max(1, seconds))
      leases.set(lease.id, nanoseconds: lease.nanoseconds)
      table.leases.insert(lease)
      return lease
    }
  }

  public func keepAlive(_ lease: Lease) async throws(StoreError) {
    try access { (_) throws(StoreError) in
      guard leases.isAlive(lease.id) else { throw .leaseGone(lease.id) }
      leases.set(lease.id, nanoseconds: lease.nanoseconds)
    }
  }

  public func revoke(_ lease: Lease) async throws(StoreError) {
    try access { (table) throws(StoreError) in
      leases.remove(lease.id)
      _ = apply(table.endLease(lease.id), lease: 0, &table)
    }
  }

  public func snapshot(to path: String) async throws(StoreError) {
    let (page, leases) = try access { (table) throws(StoreError) in
      (table.range(prefix: "", after: nil, limit: nil, at: table.revision, counting: false), table.leases)
    }
    try await StoreSnapshot.write(page.values, leases: Array(leases), revision: page.revision, to: path)
  }

  public func close() async {
    state.withLock { $0.isClosed = true }
    leases.stop()
    log.close(.storeClosed)
  }

  private func access<Value: Sendable>(
    _ body: (inout MemoryTable) throws(StoreError) -> Value
  ) throws(StoreError) -> Value {
    try state.withLock { (table) throws(StoreError) in
      if table.isClosed { throw .storeClosed }
      return try body(&table)
    }
  }

  /// The events are published before anybody else gets at the table, so that they come in order.
  private func apply(_ mutations: [Mutation], lease: Int64, _ table: inout MemoryTable) -> Int64 {
    if let batch = table.apply(mutations, lease: lease) { log.publish([batch]) }
    return table.revision
  }

  /// Carries out the end of a lease, unless it was kept alive in the meantime.
  private func end(_ id: Int64) -> Bool {
    state.withLock { table in
      guard !table.isClosed, !leases.isAlive(id) else { return true }
      leases.remove(id)
      _ = apply(table.endLease(id), lease: 0, &table)
      return true
    }
  }
}
