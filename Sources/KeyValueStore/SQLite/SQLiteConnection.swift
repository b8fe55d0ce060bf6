import CSQLite
import Synchronization

/// One connection and its prepared statements; used from one thread at a time (the store's).
final class SQLiteConnection: Sendable {
  private struct Handles: ~Copyable {
    var database: OpaquePointer?
    var statements: [String: OpaquePointer] = [:]
    var revision: Int64?
  }
  private let handles: Mutex<Handles>

  init(path: String) throws {
    var database: OpaquePointer?
    let result = apus_sqlite_open(path, &database)
    guard result == SQLITE_OK, let database else {
      let message = database.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
      sqlite3_close_v2(database)
      throw StoreError(.failed, "cannot open the database \(path): \(message)")
    }
    handles = Mutex(Handles(database: database))
    do {
      for statement in [
        "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL",
        "PRAGMA journal_size_limit=4194304", "PRAGMA cache_size=-512", "PRAGMA mmap_size=0",
        "CREATE TABLE IF NOT EXISTS kv(key TEXT PRIMARY KEY, value BLOB NOT NULL, created INTEGER NOT NULL, "
          + "modified INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "INSERT OR IGNORE INTO meta VALUES('revision', 0)",
      ] { try execute(statement) }
    } catch {
      close()
      throw error
    }
  }

  func close() {
    handles.withLock { handles in
      for statement in handles.statements.values { sqlite3_finalize(statement) }
      handles.statements = [:]
      sqlite3_close_v2(handles.database)
      handles.database = nil
    }
  }

  func begin() throws { try execute("BEGIN IMMEDIATE") }

  func commit() throws { try execute("COMMIT") }

  /// After a failure; there may be nothing to undo.
  func rollback() {
    handles.withLock { handles in
      handles.revision = nil
      if let database = handles.database { sqlite3_exec(database, "ROLLBACK", nil, nil, nil) }
    }
  }

  func revision() throws -> Int64 {
    if let known = handles.withLock({ $0.revision }) { return known }
    var value: Int64 = 0
    try query("SELECT value FROM meta WHERE name='revision'", []) { value = sqlite3_column_int64($0, 0) }
    handles.withLock { $0.revision = value }
    return value
  }

  func get(_ key: String) throws -> KeyValue? {
    var found: KeyValue?
    try query("SELECT key, value, created, modified FROM kv WHERE key=?", [.text(key)]) { found = Self.row($0) }
    return found
  }

  func list(prefix: String) throws -> [KeyValue] {
    var rows: [KeyValue] = []
    // Keys are text compared by bytes, so a prefix is a range; the upper end is the prefix followed by the highest
    // code point there is.
    try query(
      "SELECT key, value, created, modified FROM kv WHERE key>=? AND key<? ORDER BY key",
      [.text(prefix), .text(prefix + "\u{10FFFF}")]
    ) { rows.append(Self.row($0)) }
    return rows
  }

  func apply(_ mutations: [Mutation], where preconditions: [Precondition]) throws -> Int64 {
    for precondition in preconditions {
      let current = try get(precondition.key)
      guard precondition.holds(for: current) else {
        throw StoreConflict(precondition: precondition, current: current, revision: try revision()).error
      }
    }
    if mutations.isEmpty { return try revision() }
    let next = try revision() + 1
    for mutation in mutations {
      switch mutation {
      case .put(let key, let value):
        try query(
          "INSERT INTO kv VALUES(?1,?2,?3,?3) ON CONFLICT(key) DO UPDATE SET value=?2, modified=?3",
          [.text(key), .blob(value), .integer(next)])
      case .delete(let key): try query("DELETE FROM kv WHERE key=?", [.text(key)])
      }
    }
    try query("UPDATE meta SET value=? WHERE name='revision'", [.integer(next)])
    handles.withLock { $0.revision = next }
    return next
  }

  // MARK: statements

  private enum Parameter {
    case text(String)
    case blob([UInt8])
    case integer(Int64)
  }

  private static func row(_ statement: OpaquePointer) -> KeyValue {
    KeyValue(
      key: String(decoding: bytes(statement, 0), as: UTF8.self), value: bytes(statement, 1),
      createRevision: sqlite3_column_int64(statement, 2), modRevision: sqlite3_column_int64(statement, 3))
  }

  private static func bytes(_ statement: OpaquePointer, _ column: Int32) -> [UInt8] {
    let size = apus_sqlite_column_size(statement, column)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    _ = apus_sqlite_column_copy(statement, column, &bytes, size)
    return bytes
  }

  private func execute(_ sql: String) throws { try query(sql, []) }

  private func query(_ sql: String, _ parameters: [Parameter], row: (OpaquePointer) -> Void = { _ in }) throws {
    try handles.withLock { handles in
      guard let database = handles.database else { throw StoreError(.closed, "the store is closed") }
      var statement = handles.statements[sql]
      if statement == nil {
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else {
          throw Self.failure(database)
        }
        handles.statements[sql] = statement
      }
      guard let statement else { throw Self.failure(database) }
      defer {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
      }
      for (index, parameter) in parameters.enumerated() {
        let position = Int32(index + 1)
        let result =
          switch parameter {
          case .text(let text): apus_sqlite_bind_text(statement, position, text)
          case .blob(let bytes): apus_sqlite_bind_blob(statement, position, bytes, Int32(bytes.count))
          case .integer(let value): sqlite3_bind_int64(statement, position, value)
          }
        guard result == SQLITE_OK else { throw Self.failure(database) }
      }
      while true {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: row(statement)
        case SQLITE_DONE: return
        default: throw Self.failure(database)
        }
      }
    }
  }

  private static func failure(_ database: OpaquePointer) -> StoreError {
    let message = String(cString: sqlite3_errmsg(database))
    return switch sqlite3_errcode(database) & 0xFF {
    case SQLITE_FULL: StoreError(.full, "the disk is full: nothing was written; free some space and try again")
    case SQLITE_CORRUPT, SQLITE_NOTADB:
      StoreError(.damaged, "the database is damaged: \(message)")
    default: StoreError(.failed, "the database failed: \(message)")
    }
  }
}
