import CSQLite
import Linux
import Synchronization

/// One connection and its prepared statements; used from one thread at a time.
final class SQLiteConnection: Sendable {
  enum Access: Sendable {
    case readOnly
    /// The file must be there.
    case readWrite
    case create

    fileprivate var flags: Int32 {
      switch self {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    }
  }

  enum Parameter {
    case text(String)
    /// Text whose bytes need not be UTF-8: the bounds of a range.
    case bytes([UInt8])
    /// Above every text there is.
    case infinity
    case blob([UInt8])
    case integer(Int64)
  }

  private struct Handles: ~Copyable {
    var database: OpaquePointer?
    var statements: [OpaquePointer?]
  }
  let path: String
  private let handles: Mutex<Handles>

  /// - Parameter pages: KiB of pages that are kept in memory at most.
  init(path: String, _ access: Access, cache pages: Int = 512) throws {
    self.path = path
    var database: OpaquePointer?
    let result = apus_sqlite_open(path, access.flags, &database)
    guard result == SQLITE_OK, let database else {
      defer { sqlite3_close_v2(database) }
      guard let database else { throw StoreError(.failed, "cannot open the database \(path): out of memory") }
      throw Self.failure(database, path)
    }
    handles = Mutex(
      Handles(database: database, statements: Array(repeating: nil, count: SQLiteStatement.allCases.count)))
    do {
      try execute("PRAGMA cache_size=-\(pages)")
      try execute("PRAGMA mmap_size=0")
    } catch {
      close()
      throw error
    }
  }

  func close() {
    handles.withLock { handles in
      for statement in handles.statements { sqlite3_finalize(statement) }
      handles.statements = Array(repeating: nil, count: handles.statements.count)
      sqlite3_close_v2(handles.database)
      handles.database = nil
    }
  }

  /// After a failure; there may be nothing to undo.
  func rollback() {
    handles.withLock { handles in
      if let database = handles.database { sqlite3_exec(database, "ROLLBACK", nil, nil, nil) }
    }
  }

  /// Runs a statement that is used once; its rows are dropped.
  func execute(_ sql: String, _ parameters: [Parameter] = []) throws { try query(sql, parameters) { _ in true } }

  /// Runs a statement that is used once.
  /// - Parameter row: gets each row, and says whether it wants more.
  func query(_ sql: String, _ parameters: [Parameter] = [], row: (SQLiteRow) throws -> Bool) throws {
    try handles.withLock { handles in
      guard let database = handles.database else { throw StoreError.storeClosed }
      var statement: OpaquePointer?
      defer { sqlite3_finalize(statement) }
      guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
        throw Self.failure(database, path)
      }
      try Self.bind(parameters, to: statement, database, path)
      while try Self.step(statement, database, path) {
        if try !row(SQLiteRow(statement: statement, path: path)) { return }
      }
    }
  }

  /// Runs a prepared statement.
  /// - Parameter row: gets each row, and says whether it wants more.
  func run(
    _ statement: SQLiteStatement, _ parameters: [Parameter] = [], row: (SQLiteRow) throws -> Bool = { _ in true }
  ) throws {
    try handles.withLock { handles in
      guard let database = handles.database else { throw StoreError.storeClosed }
      let prepared = try Self.prepared(statement, database, path, &handles.statements)
      defer {
        sqlite3_reset(prepared)
        sqlite3_clear_bindings(prepared)
      }
      try Self.bind(parameters, to: prepared, database, path)
      while try Self.step(prepared, database, path) {
        if try !row(SQLiteRow(statement: prepared, path: path)) { return }
      }
    }
  }

  /// The first column of the only row; nil for none, and for NULL.
  func integer(_ statement: SQLiteStatement, _ parameters: [Parameter] = []) throws -> Int64? {
    var value: Int64?
    try run(statement, parameters) { row in
      value = row.isNull(0) ? nil : row.integer(0)
      return false
    }
    return value
  }

  /// Adds a version to the log. No byte of the value is copied on the way to its page.
  func insert(_ version: SQLiteVersion) throws {
    try handles.withLock { handles in
      guard let database = handles.database else { throw StoreError.storeClosed }
      let insert = try Self.prepared(.insert, database, path, &handles.statements)
      let result = apus_log_insert(
        insert, version.id, version.key, Int32(version.key.utf8.count), version.value ?? [],
        Int32(version.value?.count ?? -1), version.created, version.previous, version.lease)
      guard result == SQLITE_OK else { throw Self.failure(database, path) }
    }
  }

  private static func prepared(
    _ statement: SQLiteStatement, _ database: OpaquePointer, _ path: String, _ statements: inout [OpaquePointer?]
  ) throws -> OpaquePointer {
    if let known = statements[statement.rawValue] { return known }
    var new: OpaquePointer?
    guard sqlite3_prepare_v3(database, statement.text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &new, nil) == SQLITE_OK,
      let new
    else { throw failure(database, path) }
    statements[statement.rawValue] = new
    return new
  }

  private static func bind(
    _ parameters: [Parameter], to statement: OpaquePointer, _ database: OpaquePointer, _ path: String
  ) throws {
    for (index, parameter) in parameters.enumerated() {
      let position = Int32(index + 1)
      let result =
        switch parameter {
        case .text(let text): apus_sqlite_bind_text(statement, position, text, Int32(text.utf8.count))
        case .bytes(let bytes): apus_sqlite_bind_text(statement, position, bytes, Int32(bytes.count))
        case .infinity: apus_sqlite_bind_blob(statement, position, [], 0)
        case .blob(let bytes): apus_sqlite_bind_blob(statement, position, bytes, Int32(bytes.count))
        case .integer(let value): sqlite3_bind_int64(statement, position, value)
        }
      guard result == SQLITE_OK else { throw failure(database, path) }
    }
  }

  /// Whether there is another row.
  private static func step(_ statement: OpaquePointer, _ database: OpaquePointer, _ path: String) throws -> Bool {
    switch sqlite3_step(statement) {
    case SQLITE_ROW: true
    case SQLITE_DONE: false
    default: throw failure(database, path)
    }
  }

  private static func failure(_ database: OpaquePointer, _ path: String) -> StoreError {
    let message = String(cString: sqlite3_errmsg(database))
    let full = StoreError(
      .full, "the disk that holds \(path) is full: nothing was written; free some space and try again")
    switch sqlite3_errcode(database) & 0xFF {
    case SQLITE_FULL: return full
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(path, message)
    case SQLITE_BUSY: return StoreError(.busy, "another process works on the database \(path): \(message)")
    case SQLITE_IOERR where [.noSpace, .quotaExceeded].contains(Errno(rawValue: sqlite3_system_errno(database))):
      return full
    default: return StoreError(.failed, "the database \(path) failed: \(message)")
    }
  }
}

extension StoreError {
  static func damaged(_ path: String, _ what: String) -> StoreError {
    StoreError(.damaged, "the database \(path) is damaged: \(what); restore a snapshot of it")
  }
}
