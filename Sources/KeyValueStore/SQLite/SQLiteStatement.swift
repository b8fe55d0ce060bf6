/// The statements that are prepared once for each connection.
enum SQLiteStatement: Int, CaseIterable {
  // Transactions.
  case begin, read, commit
  // The log.
  case head, latest, version, insert, remove, range, count, history, sweep
  // Numbers with a name.
  case meta, setMeta
  // Leases.
  case lease, leases, addLease, renewLease, removeLease, leasedKeys, addKey, removeKey
  // Space.
  case pages, freePages, vacuum

  /// The columns that make a version, in the order that `apus_log_is_intact` wants.
  private static func columns(_ table: String) -> String {
    ["id", "key", "value", "created", "previous", "lease", "sum"].map { "\(table).\($0)" }.joined(separator: ", ")
  }

  var text: String {
    switch self {
    case .begin: "BEGIN IMMEDIATE"
    case .read: "BEGIN"
    case .commit: "COMMIT"
    case .head: "SELECT max(id) FROM log"
    case .latest: "SELECT \(Self.columns("log")) FROM log WHERE key=?1 ORDER BY id DESC LIMIT 1"
    case .version: "SELECT \(Self.columns("log")) FROM log WHERE key=?1 AND id<?2 ORDER BY id DESC LIMIT 1"
    case .insert: "INSERT INTO log VALUES(?1,?2,?3,?4,?5,?6,?7)"
    case .remove: "DELETE FROM log WHERE id=?1"
    // The newest version of each key comes from the index alone, in the order of keys; the outer loop follows it. A
    // version that the index names and the table lacks must show, hence the LEFT JOIN.
    case .range:
      "SELECT \(Self.columns("log")), newest.key, newest.id FROM (SELECT key, max(id) AS id FROM log WHERE key>=?1 "
        + "AND key<?2 AND id<?3 GROUP BY key HAVING max(id)&1=0) newest LEFT JOIN log ON log.id=newest.id LIMIT ?4"
    case .count:
      "SELECT count(*) FROM (SELECT 1 FROM log WHERE key>=?1 AND key<?2 AND id<?3 GROUP BY key HAVING max(id)&1=0)"
    // The plus keeps the index of keys out of it: the order is that of revisions.
    case .history:
      "SELECT \(Self.columns("log")), \(Self.columns("old")) FROM log LEFT JOIN log old ON old.id=log.previous "
        + "WHERE log.id>=?1 AND +log.key>=?2 AND +log.key<?3 ORDER BY log.id"
    case .sweep: "SELECT id, previous FROM log WHERE id>?1 AND id<?2 ORDER BY id LIMIT ?3"
    case .meta: "SELECT value FROM meta WHERE name=?1"
    case .setMeta: "INSERT INTO meta VALUES(?1,?2) ON CONFLICT(name) DO UPDATE SET value=?2"
    case .lease: "SELECT seconds FROM lease WHERE id=?1"
    case .leases: "SELECT id, seconds, ends FROM lease"
    case .addLease: "INSERT INTO lease VALUES(?1,?2,?3)"
    case .renewLease: "UPDATE lease SET ends=?2 WHERE id=?1"
    case .removeLease: "DELETE FROM lease WHERE id=?1"
    case .leasedKeys: "SELECT key FROM leased WHERE lease=?1"
    case .addKey: "INSERT OR IGNORE INTO leased VALUES(?1,?2)"
    case .removeKey: "DELETE FROM leased WHERE lease=?1 AND key=?2"
    case .pages: "PRAGMA page_count"
    case .freePages: "PRAGMA freelist_count"
    case .vacuum: "PRAGMA incremental_vacuum(64)"
    }
  }
}
