/// What is read from the log: each call sees one revision, on the reader's thread.
struct SQLiteReader: Sendable {
  /// Bytes of values, and revisions, of one `history`.
  private static let mostBytes = 1 << 20
  private static let mostRevisions = 512

  let connection: SQLiteConnection

  /// The newest revision, and the last that was compacted.
  func ends() throws -> (revision: Int64, compacted: Int64) {
    let compacted = try connection.integer(.meta, [.text("compacted")]) ?? 0
    let head = try connection.integer(.head) ?? 0
    // After everything was removed and compacted the log is empty.
    return (max(SQLiteVersion.revision(of: head), compacted), compacted)
  }

  func get(_ key: String, at revision: Int64?) throws -> KeyValue? {
    try reading(revision) { at in
      var found: SQLiteVersion?
      try connection.run(.version, [.text(key), .integer(SQLiteVersion.end(of: at))]) { row in
        found = try row.version()
        return false
      }
      return found?.keyValue
    }
  }

  func range(prefix: String, after: String?, limit: Int?, at revision: Int64?, counting: Bool) throws -> RangePage {
    try reading(revision) { at in
      let end = Self.end(prefix)
      let below = SQLiteConnection.Parameter.integer(SQLiteVersion.end(of: at))
      // One more than is wanted tells whether there is more.
      let wanted = limit.map { max(0, $0) }
      let rows = wanted.map { Int64(clamping: $0) &+ 1 } ?? -1
      var values: [KeyValue] = []
      var isMore = false
      let start = KeyRange.start(prefix: prefix, after: after)
      try connection.run(.range, [.bytes(start), end, below, .integer(rows)]) { row in
        if let wanted, values.count == wanted {
          isMore = true
          return false
        }
        values.append(try value(row, after: values.last?.key))
        return true
      }
      let continuation = isMore ? values.last?.key ?? after : nil
      var remaining: Int?
      if counting {
        let rest = KeyRange.start(prefix: prefix, after: values.last?.key ?? after)
        remaining = isMore ? Int(try connection.integer(.count, [.bytes(rest), end, below]) ?? 0) : 0
      }
      return RangePage(values: values, revision: at, continuation: continuation, remaining: remaining)
    }
  }

  func count(prefix: String, at revision: Int64?) throws -> Int {
    try reading(revision) { at in
      let bounds =
        [.bytes(Array(prefix.utf8)), Self.end(prefix), .integer(SQLiteVersion.end(of: at))]
        as [SQLiteConnection.Parameter]
      return Int(try connection.integer(.count, bounds) ?? 0)
    }
  }

  /// Some revisions with all of their events below a prefix.
  func history(prefix: String, from: Int64) throws -> History {
    try reading(nil) { newest in
      let compacted = try ends().compacted
      guard from > compacted else { throw StoreError.compacted(from, kept: compacted) }
      var batches: [WatchBatch] = []
      var events: [StoreEvent] = []
      var bytes = 0
      var through = newest
      let bounds =
        [.integer(from << 16), .bytes(Array(prefix.utf8)), Self.end(prefix)]
        as [SQLiteConnection.Parameter]
      try connection.run(.history, bounds) { row in
        let revision = SQLiteVersion.revision(of: row.integer(0))
        if let last = events.last?.revision, last != revision {
          batches.append(WatchBatch(revision: last, events: events))
          events = []
          if bytes > Self.mostBytes || batches.count == Self.mostRevisions {
            through = revision - 1
            return false
          }
        }
        guard let version = try row.version() else { throw StoreError.damaged(connection.path, "a record is missing") }
        let previous = try row.version(at: 7)?.keyValue
        bytes += (version.value?.count ?? 0) + (previous?.value.count ?? 0)
        events.append(
          StoreEvent(key: version.key, revision: revision, current: version.keyValue, previous: previous))
        return true
      }
      if let last = events.last?.revision { batches.append(WatchBatch(revision: last, events: events)) }
      return History(batches: batches, through: through)
    }
  }

  private static func end(_ prefix: String) -> SQLiteConnection.Parameter {
    KeyRange.end(ofPrefix: Array(prefix.utf8)).map { .bytes($0) } ?? .infinity
  }

  /// A row of a range. Index and table must agree, and the order be that of the keys; where not, the file is damaged
  /// in a way that SQLite does not look for.
  private func value(_ row: SQLiteRow, after last: String?) throws -> KeyValue {
    guard let version = try row.version(), let value = version.keyValue, row.areEqual(1, 7),
      last.map({ $0.isBelow(value.key) }) ?? true
    else { throw StoreError.damaged(connection.path, "the index names the record \(row.text(7)), the table another") }
    return value
  }

  /// Runs `body` in a transaction that sees one state of the file.
  private func reading<Value>(_ asked: Int64?, _ body: (Int64) throws -> Value) throws -> Value {
    try connection.run(.read)
    do {
      let (newest, compacted) = try ends()
      if let asked {
        guard asked <= newest else { throw StoreError.future(asked, newest: newest) }
        guard asked >= compacted else { throw StoreError.compacted(asked, kept: compacted) }
      }
      let value = try body(asked ?? newest)
      try connection.run(.commit)
      return value
    } catch {
      connection.rollback()
      throw error
    }
  }
}
