import Synchronization

/// Takes what was compacted out of the file, on the writer's thread: some with each commit, at twice the pace of the
/// writes, so that the file does not grow while they go on; the rest when nobody writes.
///
/// A version goes when the one that replaced it is compacted itself, and a removal with it: so one walk over the
/// compacted revisions, each once, finds all.
final class SQLiteSweeper: Sendable {
  /// Versions that one step looks at.
  private static let stride = 256
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

  /// Whether there are compacted versions to be looked at.
  var isBehind: Bool { state.withLock { $0.swept + 1 < $0.end } }
  var hasWork: Bool { state.withLock { $0.swept + 1 < $0.end || $0.mayShrink } }

  func compact(upTo revision: Int64) {
    state.withLock { $0.end = max($0.end, SQLiteVersion.end(of: revision)) }
  }

  /// Does a little, in a transaction of its own.
  func step() throws {
    if isBehind {
      try connection.run(.begin)
      do {
        let last = try sweep(atMost: Self.stride)
        try connection.run(.commit)
        advance(to: last)
      } catch {
        connection.rollback()
        throw error
      }
    } else if state.withLock({ $0.mayShrink }) {
      try shrink()
    }
  }

  /// Looks at some versions, inside of a transaction. When that has been committed, `advance` is told what this returns.
  func sweep(atMost count: Int) throws -> Int64 {
    let (swept, end) = state.withLock { ($0.swept, $0.end) }
    guard swept + 1 < end else { return swept }
    var rows: [(id: Int64, previous: Int64)] = []
    try connection.run(.sweep, [.integer(swept), .integer(end), .integer(Int64(count))]) { row in
      rows.append((row.integer(0), row.integer(1)))
      return true
    }
    for row in rows {
      if row.previous != 0 { try connection.run(.remove, [.integer(row.previous)]) }
      if row.id & 1 == 1 { try connection.run(.remove, [.integer(row.id)]) }
    }
    let last = rows.count < count ? end - 1 : rows.last?.id ?? end - 1
    try connection.run(.setMeta, [.text("swept"), .integer(last)])
    return last
  }

  func advance(to swept: Int64) {
    state.withLock { state in
      guard swept > state.swept else { return }
      state.swept = swept
      state.mayShrink = true
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
