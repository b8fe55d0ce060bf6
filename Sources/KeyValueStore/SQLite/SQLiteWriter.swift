import Linux
import Synchronization

/// What is asked of the writer.
enum SQLiteRequest: Sendable {
  case commit([Mutation], [Precondition], lease: Int64)
  case compact(upTo: Int64)
  case grant(Lease)
  case keepAlive(Lease)
  case revoke(Int64)
  /// The end of a lease's time, unless it was kept alive in the meantime.
  case expire(Int64)
}

/// Changes of the log, inside of a transaction and on the writer's thread.
final class SQLiteWriter: Sendable {
  private struct State {
    /// The newest revision of the open transaction.
    var revision: Int64
    /// Asked for in the open transaction, or done.
    var compacted: Int64
  }
  let connection: SQLiteConnection
  private let leases: LeaseClock
  private let state: Mutex<State>

  init(_ connection: SQLiteConnection, leases: LeaseClock) throws {
    self.connection = connection
    self.leases = leases
    let (revision, compacted) = try SQLiteReader(connection: connection).ends()
    state = Mutex(State(revision: revision, compacted: compacted))
  }

  var revision: Int64 { state.withLock { $0.revision } }
  var compacted: Int64 { state.withLock { $0.compacted } }

  /// Carries out one request and returns the revision afterwards.
  /// - Parameter events: gets what a new revision changed.
  /// - Throws: `.conflict`, `.leaseGone`, `.future` and `.invalid` before anything was written; all else leaves the
  ///   transaction half done, to be rolled back.
  func apply(_ request: SQLiteRequest, events: inout [WatchBatch]) throws -> Int64 {
    switch request {
    case .commit(let mutations, let preconditions, let lease):
      return try commit(mutations, where: preconditions, lease: lease, &events)
    case .compact(let revision): return try compact(upTo: revision)
    case .grant(let lease): try grant(lease)
    case .keepAlive(let lease): try keepAlive(lease)
    case .revoke(let id): try end(id, &events)
    case .expire(let id): if !leases.isAlive(id) { try end(id, &events) }
    }
    return revision
  }

  /// After a rollback: what the file says.
  func reset() throws {
    let (revision, compacted) = try SQLiteReader(connection: connection).ends()
    state.withLock { $0 = State(revision: revision, compacted: compacted) }
  }

  // MARK: keys

  private func commit(
    _ mutations: [Mutation], where preconditions: [Precondition], lease: Int64, _ events: inout [WatchBatch]
  ) throws -> Int64 {
    var known: Known?
    for precondition in preconditions {
      let current = try latest(precondition.key, &known)?.keyValue
      guard precondition.holds(for: current) else {
        throw StoreConflict(precondition: precondition, current: current, revision: revision).error
      }
    }
    guard mutations.count <= SQLiteVersion.mostPositions else {
      throw StoreError(
        .invalid, "a transaction may make \(SQLiteVersion.mostPositions) changes, not \(mutations.count)")
    }
    if lease != 0 {
      guard leases.isAlive(lease), try connection.integer(.lease, [.integer(lease)]) != nil else {
        throw StoreError.leaseGone(lease)
      }
    }
    let next = revision + 1
    var changes: [StoreEvent] = []
    for mutation in mutations {
      let newest = try latest(mutation.key, &known)
      let old = newest?.value == nil ? nil : newest
      if case .delete = mutation, old == nil { continue }
      let new = version(mutation, after: old, revision: next, position: changes.count, lease: lease)
      try connection.insert(new)
      if let old, old.lease != 0, old.lease != new.lease {
        try connection.run(.removeKey, [.integer(old.lease), .text(new.key)])
      }
      if new.lease != 0 { try connection.run(.addKey, [.integer(new.lease), .text(new.key)]) }
      changes.append(
        StoreEvent(key: new.key, revision: next, current: new.keyValue, previous: old?.keyValue))
    }
    guard !changes.isEmpty else { return next - 1 }
    state.withLock { $0.revision = next }
    events.append(WatchBatch(revision: next, events: changes))
    return next
  }

  private func version(
    _ mutation: Mutation, after old: SQLiteVersion?, revision: Int64, position: Int, lease: Int64
  ) -> SQLiteVersion {
    switch mutation {
    case .put(let key, let value):
      SQLiteVersion(
        id: SQLiteVersion.id(revision: revision, position: position, isRemoval: false), key: key, value: value,
        created: old?.created ?? revision, previous: old?.id ?? 0, lease: lease)
    case .delete(let key):
      SQLiteVersion(
        id: SQLiteVersion.id(revision: revision, position: position, isRemoval: true), key: key, value: nil,
        created: 0, previous: old?.id ?? 0, lease: 0)
    }
  }

  /// Most transactions change the one key that they have a precondition on: it is read once.
  private struct Known {
    let key: String
    let version: SQLiteVersion?
  }

  /// The newest version of a key, which may be a removal.
  private func latest(_ key: String, _ known: inout Known?) throws -> SQLiteVersion? {
    if let known, known.key.isSameKey(as: key) { return known.version }
    var found: SQLiteVersion?
    try connection.run(.latest, [.text(key)]) { row in
      found = try row.version()
      return false
    }
    known = Known(key: key, version: found)
    return found
  }

  // MARK: leases

  private func grant(_ lease: Lease) throws {
    try connection.run(
      .addLease, [.integer(lease.id), .integer(lease.timeToLive), .integer(Clock.realtime + lease.nanoseconds)])
    leases.set(lease.id, nanoseconds: lease.nanoseconds)
  }

  private func keepAlive(_ lease: Lease) throws {
    guard leases.isAlive(lease.id), let seconds = try connection.integer(.lease, [.integer(lease.id)]) else {
      throw StoreError.leaseGone(lease.id)
    }
    let full = Lease(id: lease.id, timeToLive: seconds)
    try connection.run(.renewLease, [.integer(full.id), .integer(Clock.realtime + full.nanoseconds)])
    leases.set(full.id, nanoseconds: full.nanoseconds)
  }

  private func end(_ id: Int64, _ events: inout [WatchBatch]) throws {
    var removals: [Mutation] = []
    try connection.run(.leasedKeys, [.integer(id)]) { row in
      removals.append(.delete(key: row.text(0)))
      return true
    }
    // More keys than one revision holds go with several.
    for start in stride(from: 0, to: removals.count, by: SQLiteVersion.mostPositions) {
      let part = Array(removals[start..<min(start + SQLiteVersion.mostPositions, removals.count)])
      _ = try commit(part, where: [], lease: 0, &events)
    }
    try connection.run(.removeLease, [.integer(id)])
    leases.remove(id)
  }

  // MARK: compaction

  private func compact(upTo limit: Int64) throws -> Int64 {
    let (revision, compacted) = state.withLock { ($0.revision, $0.compacted) }
    guard limit <= revision else { throw StoreError.future(limit, newest: revision) }
    if limit > compacted {
      try connection.run(.setMeta, [.text("compacted"), .integer(limit)])
      state.withLock { $0.compacted = limit }
    }
    return revision
  }
}
