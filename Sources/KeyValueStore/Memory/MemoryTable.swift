/// All versions of all keys since the last compaction, in the order of the keys' bytes. What the other engines are
/// measured against, so it is written to be seen through, not to be fast.
struct MemoryTable: Sendable {
  private struct Version: Sendable {
    let revision: Int64
    /// Nil for a removal.
    let value: KeyValue?
  }
  private struct Entry: Sendable {
    let key: String
    /// Oldest first, never empty.
    var versions: [Version]

    func value(at revision: Int64) -> KeyValue? { versions.last { $0.revision <= revision }?.value }
  }

  private var entries: [Entry] = []
  /// Since the last compaction.
  private var batches: [WatchBatch] = []
  private(set) var revision: Int64 = 0
  private(set) var compacted: Int64 = 0
  var leases: Set<Lease> = []
  var isClosed = false

  /// The revision to read at.
  func readable(_ asked: Int64?) throws(StoreError) -> Int64 {
    guard let asked else { return revision }
    guard asked <= revision else { throw .future(asked, newest: revision) }
    guard asked >= compacted else { throw .compacted(asked, kept: compacted) }
    return asked
  }

  func get(_ key: String, at revision: Int64) -> KeyValue? {
    let (index, isThere) = position(Array(key.utf8))
    return isThere ? entries[index].value(at: revision) : nil
  }

  func range(prefix: String, after: String?, limit: Int?, at revision: Int64, counting: Bool) -> RangePage {
    let bytes = Array(prefix.utf8)
    var values: [KeyValue] = []
    var following = 0
    for entry in entries[position(KeyRange.start(prefix: prefix, after: after)).index...] {
      guard entry.key.isKey(under: bytes) else { break }
      guard let value = entry.value(at: revision) else { continue }
      if let limit, values.count >= limit {
        following += 1
        if !counting { break }
      } else {
        values.append(value)
      }
    }
    return RangePage(
      values: values, revision: revision, continuation: following > 0 ? values.last?.key ?? after : nil,
      remaining: counting ? following : nil)
  }

  /// The events, or nil where nothing changes.
  mutating func apply(_ mutations: [Mutation], lease: Int64) -> WatchBatch? {
    let next = revision + 1
    var events: [StoreEvent] = []
    for mutation in mutations {
      let previous = get(mutation.key, at: revision)
      var current: KeyValue?
      switch mutation {
      case .put(let key, let value):
        current = KeyValue(
          key: key, value: value, createRevision: previous?.createRevision ?? next, modRevision: next, lease: lease)
      case .delete: if previous == nil { continue }
      }
      let version = Version(revision: next, value: current)
      let (index, isThere) = position(Array(mutation.key.utf8))
      if isThere {
        entries[index].versions.append(version)
      } else {
        entries.insert(Entry(key: mutation.key, versions: [version]), at: index)
      }
      events.append(StoreEvent(key: mutation.key, revision: next, current: current, previous: previous))
    }
    guard !events.isEmpty else { return nil }
    revision = next
    let batch = WatchBatch(revision: next, events: events)
    batches.append(batch)
    return batch
  }

  /// What is to be done when a lease ends.
  mutating func endLease(_ id: Int64) -> [Mutation] {
    leases = leases.filter { $0.id != id }
    return entries.filter { $0.value(at: revision)?.lease == id }.map { .delete(key: $0.key) }
  }

  func history(prefix: String, from: Int64) throws(StoreError) -> History {
    guard from > compacted else { throw .compacted(from, kept: compacted) }
    let bytes = Array(prefix.utf8)
    let start = batches.count - Int(revision - from + 1)
    let part = batches[start...].prefix(64)
    return History(
      batches: part.compactMap { batch in
        let events = batch.events.filter { $0.key.isKey(under: bytes) }
        return events.isEmpty ? nil : WatchBatch(revision: batch.revision, events: events)
      }, through: part.last?.revision ?? revision)
  }

  mutating func compact(upTo limit: Int64) {
    guard limit > compacted else { return }
    compacted = limit
    batches.removeAll { $0.revision <= limit }
    entries = entries.compactMap { entry in
      // The version that is in force at the limit stays, unless it is a removal.
      let kept = entry.versions.lastIndex { $0.revision <= limit } ?? 0
      var versions = Array(entry.versions[kept...])
      if let first = versions.first, first.revision <= limit, first.value == nil { versions.removeFirst() }
      return versions.isEmpty ? nil : Entry(key: entry.key, versions: versions)
    }
  }

  /// Where a key is, or would be.
  private func position(_ key: [UInt8]) -> (index: Int, isThere: Bool) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].key.utf8.lexicographicallyPrecedes(key) { low = middle + 1 } else { high = middle }
    }
    return (low, low < entries.count && entries[low].key.utf8.elementsEqual(key))
  }
}
