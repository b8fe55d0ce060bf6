import Synchronization

/// Takes what was compacted out of the file, in steps that are small enough to come between two commits; on the
/// writer's thread.
final class SQLiteSweeper: Sendable {
  /// Versions that one step looks at.
  private static let stride: Int64 = 256
  /// Free pages that stay in the file, for what comes next: so many at least, or this part of the file.
  private static let slack: (pages: Int64, part: Int64) = (256, 8)

  private struct State {
    /// The last version that was looked at.
    var swept: Int64
    /// The first that is not compacted.
    var end: Int64
    /// Whether there may be more free pages than the file shall have.
    var mayShrink = true
  }
  private let connection: SQLiteConnection
  private let state: Mutex<State>

  init(_ connection: SQLiteConnection) throws {
    self.connection = connection
    let swept = try connection.integer(.meta, [.text("swept")]) ?? 0
    let compacted = try connection.integer(.meta, [.text("compacted")]) ?? 0
    state = Mutex(State(swept: swept, end: compacted == 0 ? 0 : SQLiteVersion.end(of: compacted)))
  }

  var hasWork: Bool { state.withLock { $0.swept + 1 < $0.end || $0.mayShrink } }

  func compact(upTo revision: Int64) {
    state.withLock { $0.end = max($0.end, SQLiteVersion.end(of: revision)) }
  }

  /// Does a little. A version goes when the one that replaced it is compacted itself, and a removal with it: so the
  /// walk over the compacted revisions, each once, finds all.
  func step() throws {
    let (swept, end, mayShrink) = state.withLock { ($0.swept, $0.end, $0.mayShrink) }
    if swept + 1 < end {
      try sweep(after: swept, end: end)
    } else if mayShrink {
      try shrink()
    }
  }

  private func sweep(after swept: Int64, end: Int64) throws {
    var rows: [(id: Int64, previous: Int64)] = []
    try connection.run(.begin)
    do {
      try connection.run(.sweep, [.integer(swept), .integer(end), .integer(Self.stride)]) { row in
        rows.append((row.integer(0), row.integer(1)))
        return true
      }
      for row in rows {
        if row.previous != 0 { try connection.run(.remove, [.integer(row.previous)]) }
        if row.id & 1 == 1 { try connection.run(.remove, [.integer(row.id)]) }
      }
      let last = rows.count < Self.stride ? end - 1 : rows.last?.id ?? end - 1
      try connection.run(.setMeta, [.text("swept"), .integer(last)])
      try connection.run(.commit)
      state.withLock { state in
        state.swept = last
        state.mayShrink = true
      }
    } catch {
      connection.rollback()
      throw error
    }
  }

  private func shrink() throws {
    let free = try connection.integer(.freePages) ?? 0
    let pages = try connection.integer(.pages) ?? 0
    guard free > max(Self.slack.pages, pages / Self.slack.part) else {
      state.withLock { $0.mayShrink = false }
      return
    }
    try connection.run(.vacuum)
  }
}
