import AsyncWork
import Linux

/// Snapshots of stores: a file of the same form as the embedded store's, whatever the engine was, with everything that
/// was there at one revision.
public enum StoreSnapshot {
  /// By how much a restore raises the revision where nothing else is said: more than a store gets between a snapshot
  /// and its restore, so that no revision that somebody has seen comes again.
  public static let usualRaise: Int64 = 1_000_000_000

  /// What a snapshot holds.
  public struct Contents: Sendable, Equatable {
    public let revision: Int64
    public let keys: Int
  }

  /// Writes a snapshot of the embedded store at `path`, whether a process has it open or not.
  /// - Throws: `.failed` where `snapshot` is there already, `.full`, `.damaged`.
  @discardableResult
  public static func take(of path: String, to snapshot: String) async throws(StoreError) -> Contents {
    try await onThread { try write(snapshot) { temporary in try copy(path, to: temporary) } }
  }

  /// Looks a snapshot through: every page, every record.
  /// - Throws: `.damaged`, `.failed` where it is no snapshot.
  public static func verify(_ snapshot: String) async throws(StoreError) -> Contents {
    try await onThread { try withConnection(snapshot, .readOnly) { try Self.contents($0) } }
  }

  /// Makes the embedded store at `path` what a snapshot holds. A store that is there already is kept beside it, as
  /// `PATH.replaced-NUMBER`.
  ///
  /// Revisions go on above those of the snapshot, and count as compacted: whoever watches has to list again.
  /// - Parameter raise: by how much the revision is raised: more than the store had after the snapshot.
  /// - Returns: the contents of the store, with its new revision.
  /// - Throws: `.damaged` and `.failed` for the snapshot, `.busy` where a process has the store open, `.full`.
  @discardableResult
  public static func restore(
    _ snapshot: String, to path: String, raisingRevisionBy raise: Int64 = usualRaise
  ) async throws(StoreError) -> Contents {
    try await onThread {
      let lock = try StoreFile.lock(path)
      defer { lock.close() }
      let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).tmp"
      do {
        _ = try withConnection(snapshot, .readOnly) { try Self.contents($0) }
        try copy(snapshot, to: temporary)
        let contents = try withConnection(temporary, .readWrite) { connection in
          let revision = try SQLiteReader(connection: connection).ends().revision + max(0, raise)
          try connection.run(.begin)
          try connection.run(.setMeta, [.text("compacted"), .integer(revision)])
          try connection.run(.commit)
          return try Self.contents(connection)
        }
        try FileDescriptor.open(temporary, .readOnly).synchronize()
        try replace(path, with: temporary)
        return contents
      } catch {
        StoreFile.discard(temporary)
        throw error
      }
    }
  }

  /// Writes a snapshot of what another engine holds.
  /// - Parameter leases: those that keys have; after a restore they begin anew.
  static func write(
    _ values: [KeyValue], leases: [Lease], revision: Int64, to snapshot: String
  ) async throws(StoreError) {
    try await onThread {
      _ = try write(snapshot) { temporary in
        try withConnection(temporary, .readWrite) { connection in
          try SQLiteSchema.prepare(connection)
          try connection.run(.begin)
          for lease in leases {
            let ends = Clock.realtime + lease.nanoseconds
            try connection.run(.addLease, [.integer(lease.id), .integer(lease.timeToLive), .integer(ends)])
          }
          for (position, value) in values.sorted(by: { $0.modRevision < $1.modRevision }).enumerated() {
            try connection.insert(version(value, position))
            if value.lease != 0 { try connection.run(.addKey, [.integer(value.lease), .text(value.key)]) }
          }
          try connection.run(.setMeta, [.text("compacted"), .integer(revision)])
          try connection.run(.setMeta, [.text("swept"), .integer(SQLiteVersion.end(of: revision) - 1)])
          try connection.run(.commit)
          // A file of its own, without a log beside it.
          try connection.execute("PRAGMA journal_mode=DELETE")
        }
      }
    }
  }

  // MARK: files

  /// Makes a file whole or not at all: `body` writes it under another name.
  private static func write(_ path: String, _ body: (String) throws -> Void) throws -> Contents {
    guard !FileSystem.exists(path) else {
      throw StoreError(.failed, "the snapshot \(path) is there already: name another file")
    }
    let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).tmp"
    do {
      try FileDescriptor.open(temporary, [.readWrite, .create, .exclusive], mode: 0o600).close()
      try body(temporary)
      let contents = try withConnection(temporary, .readOnly) { try Self.contents($0) }
      try FileDescriptor.open(temporary, .readOnly).synchronize()
      // A link, unlike a renaming, replaces nothing.
      try FileSystem.link(temporary, to: path)
      try FileSystem.removeFile(temporary)
      try synchronizeDirectory(of: path)
      return contents
    } catch {
      StoreFile.discard(temporary)
      throw error
    }
  }

  /// Copies a store as it is at one revision; others may write to it meanwhile.
  private static func copy(_ path: String, to copy: String) throws {
    try withConnection(path, .readOnly) { connection in
      try SQLiteSchema.check(connection)
      try connection.execute("VACUUM INTO ?1", [.text(copy)])
    }
  }

  /// Puts a new file in the place of a store. A log of the old one must not be taken for the new one's, so all of the
  /// old goes out of the way first; the mark keeps a store from being opened in between.
  private static func replace(_ path: String, with new: String) throws {
    let mark = StoreFile.restoring(path)
    try FileDescriptor.open(mark, [.writeOnly, .create], mode: 0o600).synchronize()
    try synchronizeDirectory(of: path)
    if FileSystem.exists(path) {
      let old = "\(path).replaced-\(Clock.realtime / 1_000_000)"
      try FileSystem.rename(path, to: old)
      if FileSystem.exists(path + "-wal") { try FileSystem.rename(path + "-wal", to: old + "-wal") }
    }
    for companion in StoreFile.companions where FileSystem.exists(path + companion) {
      try FileSystem.removeFile(path + companion)
    }
    try FileSystem.rename(new, to: path)
    try synchronizeDirectory(of: path)
    try FileSystem.removeFile(mark)
    try synchronizeDirectory(of: path)
  }

  private static func synchronizeDirectory(of path: String) throws {
    try FileDescriptor.open(FileSystem.directory(of: path), [.readOnly, .directory]).synchronize()
  }

  // MARK: contents

  private static func contents(_ connection: SQLiteConnection) throws -> Contents {
    try SQLiteSchema.check(connection)
    try SQLiteSchema.verify(connection, records: true)
    let reader = SQLiteReader(connection: connection)
    return Contents(revision: try reader.ends().revision, keys: try reader.count(prefix: "", at: nil))
  }

  /// What is written for a key that is the `position`th of all by its revision. Its place in the transaction that made
  /// it is not known, and means nothing any more: only that it has one of its own does.
  private static func version(_ value: KeyValue, _ position: Int) -> SQLiteVersion {
    SQLiteVersion(
      id: SQLiteVersion.id(
        revision: value.modRevision, position: position % SQLiteVersion.mostPositions, isRemoval: false),
      key: value.key, value: value.value, created: value.createRevision, previous: 0, lease: value.lease)
  }

  private static func withConnection<Value>(
    _ path: String, _ access: SQLiteConnection.Access, _ body: (SQLiteConnection) throws -> Value
  ) throws -> Value {
    let connection = try SQLiteConnection(path: path, access)
    defer { connection.close() }
    return try body(connection)
  }

  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws(StoreError) -> Value {
    do {
      let thread = try OwnedThread(name: "apus-snapshot")
      defer { thread.stop() }
      return try await thread.run(body)
    } catch let error as StoreError { throw error } catch let error as SystemError where error.code == .noSpace {
      throw StoreError(.full, "the disk is full: \(error)", cause: error)
    } catch { throw StoreError(.failed, "\(error)", cause: error) }
  }
}
