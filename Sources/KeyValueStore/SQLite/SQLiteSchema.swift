import CSQLite

/// The tables of a store's file, and how files of older versions become such.
enum SQLiteSchema {
  /// In the header of the file (PRAGMA application_id): "Apus".
  private static let application: Int64 = 0x4170_7573
  /// PRAGMA user_version. 0 was one table of keys without their past.
  private static let version: Int64 = 2

  private static let tables = [
    "CREATE TABLE log(id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB, created INTEGER NOT NULL, "
      + "previous INTEGER NOT NULL, lease INTEGER NOT NULL, sum INTEGER NOT NULL)",
    "CREATE INDEX log_key ON log(key)",
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE lease(id INTEGER PRIMARY KEY, seconds INTEGER NOT NULL, ends INTEGER NOT NULL)",
    "CREATE TABLE leased(lease INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY(lease, key)) WITHOUT ROWID",
  ]

  /// Makes the tables in an empty file, or those of an older version into today's; in one transaction.
  static func prepare(_ connection: SQLiteConnection) throws {
    // The first of these has an effect on an empty file only.
    try connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    try connection.query("PRAGMA journal_mode=WAL") { row in
      guard row.text(0) == "wal" else {
        throw StoreError(.failed, "the file system of \(connection.path) cannot hold a database with a write-ahead log")
      }
      return true
    }
    try connection.execute("PRAGMA synchronous=FULL")
    try connection.execute("PRAGMA journal_size_limit=4194304")
    guard try read(connection, "user_version") != version else { return try check(connection) }
    try connection.execute("BEGIN IMMEDIATE")
    do {
      let found = try read(connection, "user_version")
      guard found == 0 else {
        throw StoreError(
          .failed,
          "the database \(connection.path) is of version \(found); this program knows versions up to \(version)")
      }
      let names = try tableNames(connection)
      guard names.isSubset(of: ["kv", "meta"]) else {
        throw StoreError(
          .failed, "\(connection.path) is a database of something else: it has the tables \(names.sorted())")
      }
      for table in tables { try connection.execute(table) }
      if names.contains("kv") { try moveOldTable(connection) }
      try connection.execute("PRAGMA application_id=\(application)")
      try connection.execute("PRAGMA user_version=\(version)")
      try connection.execute("COMMIT")
    } catch {
      connection.rollback()
      throw error
    }
  }

  /// Whether a file is a store's of this version.
  static func check(_ connection: SQLiteConnection) throws {
    guard try read(connection, "application_id") == application, try read(connection, "user_version") == version else {
      throw StoreError(.failed, "\(connection.path) is no store of this version of Apus")
    }
  }

  /// Reads every page, and sees whether tables and indices agree.
  /// - Parameter records: whether each record of the log is compared with its checksum as well.
  /// - Throws: `.damaged`.
  static func verify(_ connection: SQLiteConnection, records: Bool) throws {
    try connection.query("PRAGMA integrity_check(1)") { row in
      let word = row.text(0)
      guard word == "ok" else { throw StoreError.damaged(connection.path, word) }
      return true
    }
    guard records else { return }
    try connection.query("SELECT id, key, value, created, previous, lease, sum FROM log") { row in
      _ = try row.version()
      return true
    }
  }

  /// Keys without a past are the versions of the revisions that they have; what came before is compacted.
  private static func moveOldTable(_ connection: SQLiteConnection) throws {
    let revision = try connection.integer(.meta, [.text("revision")]) ?? 0
    var versions: [(key: String, created: Int64, modified: Int64)] = []
    try connection.query("SELECT key, created, modified FROM kv ORDER BY modified, key") { row in
      versions.append((row.text(0), row.integer(1), row.integer(2)))
      return true
    }
    var position = 0
    var last: Int64 = 0
    for (key, created, modified) in versions {
      position = modified == last ? position + 1 : 0
      last = modified
      guard position < SQLiteVersion.mostPositions else {
        throw StoreError(.failed, "the database \(connection.path) has too many keys of revision \(modified)")
      }
      var value: [UInt8] = []
      try connection.query("SELECT value FROM kv WHERE key=?1", [.text(key)]) { row in
        value = row.bytes(0)
        return false
      }
      let id = SQLiteVersion.id(revision: modified, position: position, isRemoval: false)
      try connection.insert(
        SQLiteVersion(id: id, key: key, value: value, created: created, previous: 0, lease: 0))
    }
    try connection.execute("DROP TABLE kv")
    try connection.execute("DELETE FROM meta")
    try connection.run(.setMeta, [.text("compacted"), .integer(revision)])
    try connection.run(.setMeta, [.text("swept"), .integer(SQLiteVersion.end(of: revision) - 1)])
  }

  private static func read(_ connection: SQLiteConnection, _ pragma: String) throws -> Int64 {
    var value: Int64 = 0
    try connection.query("PRAGMA \(pragma)") { row in
      value = row.integer(0)
      return false
    }
    return value
  }

  private static func tableNames(_ connection: SQLiteConnection) throws -> Set<String> {
    var names: Set<String> = []
    try connection.query("SELECT name FROM sqlite_master WHERE type='table'") { row in
      names.insert(row.text(0))
      return true
    }
    return names
  }
}
