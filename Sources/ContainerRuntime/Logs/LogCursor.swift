import AsyncWork
import Linux
import Synchronization

/// A reader's place in a log: goes from file to file, and at the end waits for more.
actor LogCursor {
  private let files: LogFiles
  private let query: LogQuery
  private let pool: BlockingPool
  private let watch: LogWatch
  private let directory: String
  /// Whether somebody may still write.
  private let isLive: @Sendable () -> Bool

  private var opened = false
  private var current: FileDescriptor?
  private var queue: [FileDescriptor] = []
  private var offset: Int64 = 0
  private var rest: [UInt8] = []
  private var ready: [LogEntry] = []
  private var readyHead = 0
  private var changes: AsyncStream<Void>.Iterator?
  private var finished = false
  /// Everything up to the end of the first line is the rest of one that was rotated away.
  private var skipsFragment = false

  init(
    path: String, query: LogQuery, pool: BlockingPool, watch: LogWatch, isLive: @escaping @Sendable () -> Bool
  ) {
    files = LogFiles(path: path)
    directory = FileSystem.directory(of: path)
    self.query = query
    self.pool = pool
    self.watch = watch
    self.isLive = isLive
  }

  /// The next entry; nil at the end.
  func next() async throws -> LogEntry? {
    while true {
      if readyHead < ready.count {
        readyHead += 1
        let entry = ready[readyHead - 1]
        if skipsFragment {
          skipsFragment = entry.isPartial
          continue
        }
        return entry
      }
      if finished { return nil }
      try await fill()
    }
  }

  private func fill() async throws {
    if !opened { try await open() }
    // Asked before reading: what was written before the end is then read for certain.
    let live = query.follow && isLive()
    guard let file = current else {
      if try await advance() { return }
      return try await waitOrFinish(live)
    }
    let part = try await pool.run { [offset] in try file.read(upTo: 262_144, at: offset) }
    if !part.isEmpty {
      offset += Int64(part.count)
      take(part)
      return
    }
    if try await advance() { return }
    try await waitOrFinish(live)
  }

  private func open() async throws {
    opened = true
    if query.follow {
      // Before reading, so that nothing is written unseen between the last read and the first wait.
      changes = try watch.changes(in: directory).makeAsyncIterator()
    }
    let (handles, start) = try await pool.run { [files, query, watch] in
      let handles = try watch.names.withLock { _ in try files.open() }
      if handles.count > 1, query.tail == nil, files.beginsInsideLine { return (handles, (skip: 0, offset: Int64(-1))) }
      guard let tail = query.tail else { return (handles, (skip: 0, offset: Int64(0))) }
      return (handles, try LogFiles.tail(tail, of: handles))
    }
    queue = Array(handles.dropFirst(start.skip))
    if !queue.isEmpty {
      current = queue.removeFirst()
      offset = max(0, start.offset)
      skipsFragment = start.offset < 0
    }
  }

  /// Goes to the next file, where there is one.
  private func advance() async throws -> Bool {
    if queue.isEmpty, query.follow {
      let file = current
      let isNew = try await pool.run { [files, watch] in
        try watch.names.withLock { _ in try file.map { try files.successors(of: $0) } ?? files.open() }
      }
      queue = isNew
    }
    guard !queue.isEmpty else { return false }
    // A new file is there: the monitor has closed the old one, and what it wrote last we have yet to read.
    if let file = current {
      let part = try await pool.run { [offset] in try file.read(upTo: 1 << 20, at: offset) }
      if !part.isEmpty {
        offset += Int64(part.count)
        take(part)
        return true
      }
    }
    current = queue.removeFirst()
    offset = 0
    return true
  }

  private func waitOrFinish(_ live: Bool) async throws {
    guard live, var iterator = changes else {
      finished = true
      return
    }
    let signal: Void? = await iterator.next(isolation: #isolation)
    changes = iterator
    if signal == nil || Task.isCancelled { finished = true }
  }

  /// Splits what was read into entries that the query wants.
  private func take(_ part: [UInt8]) {
    ready.removeAll(keepingCapacity: true)
    readyHead = 0
    var bytes = rest.isEmpty ? part[...] : (rest + part)[...]
    while let end = bytes.firstIndex(of: 0x0A) {
      if let entry = LogLine.parse(bytes[bytes.startIndex..<end]) {
        if query.until > 0, entry.time > query.until {
          finished = true
          return
        }
        let wanted = entry.stream == .standardOutput ? query.standardOutput : query.standardError
        if wanted, entry.time >= query.since { ready.append(entry) }
      }
      bytes = bytes[(end + 1)...]
    }
    rest = Array(bytes)
  }
}
