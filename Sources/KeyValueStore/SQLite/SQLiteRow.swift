import CSQLite

/// A row of a statement that is being stepped; not to be kept.
struct SQLiteRow {
  let statement: OpaquePointer
  let path: String

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

  func bytes(_ column: Int32) -> [UInt8] {
    let size = apus_sqlite_column_size(statement, column)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    _ = apus_sqlite_column_copy(statement, column, &bytes, size)
    return bytes
  }

  func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

  /// Whether two columns of text are the same.
  func areEqual(_ a: Int32, _ b: Int32) -> Bool { apus_sqlite_columns_equal(statement, a, b) != 0 }

  /// The version in the seven columns from `first` on; nil where they are NULL.
  /// - Throws: `.damaged` where it is not what was written.
  func version(at first: Int32 = 0) throws(StoreError) -> SQLiteVersion? {
    if isNull(first) { return nil }
    let id = integer(first)
    guard apus_log_is_intact(statement, first) != 0 else {
      throw .damaged(
        path, "the record of \(text(first + 1)) at revision \(SQLiteVersion.revision(of: id)) is not what was written")
    }
    return SQLiteVersion(
      id: id, key: text(first + 1), value: isNull(first + 2) ? nil : bytes(first + 2), created: integer(first + 3),
      previous: integer(first + 4), lease: integer(first + 5))
  }
}

/// One version of a key: a row of the log.
struct SQLiteVersion: Sendable {
  /// Revision · 65536 + position in its transaction · 2 + 1 for a removal: versions are in the order in which they were
  /// made, and the index of keys alone tells what is there.
  let id: Int64
  let key: String
  /// Nil for a removal.
  let value: [UInt8]?
  /// The revision in which the key was made; 0 for a removal.
  let created: Int64
  /// The version that this one replaced; 0 where there was none, or a removal.
  let previous: Int64
  let lease: Int64

  /// Changes that one transaction may make.
  static let mostPositions = 1 << 15

  static func id(revision: Int64, position: Int, isRemoval: Bool) -> Int64 {
    revision << 16 | Int64(position) << 1 | (isRemoval ? 1 : 0)
  }

  static func revision(of id: Int64) -> Int64 { id >> 16 }

  /// The first id of the revision after this one.
  static func end(of revision: Int64) -> Int64 { revision >= Int64.max >> 16 ? .max : (revision + 1) << 16 }

  var revision: Int64 { Self.revision(of: id) }

  /// Nil for a removal.
  var keyValue: KeyValue? {
    value.map { KeyValue(key: key, value: $0, createRevision: created, modRevision: revision, lease: lease) }
  }
}
