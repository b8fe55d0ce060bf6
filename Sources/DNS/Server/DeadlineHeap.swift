/// Who must be called when, the earliest first. Nothing is taken out before its time: who is called too early, or has
/// gone, is known to the caller.
struct DeadlineHeap {
  private struct Entry {
    let deadline: Int64
    let token: UInt64
  }
  private var entries: [Entry] = []

  /// The earliest one; `deadline` is in nanoseconds of the monotonic clock.
  var first: (deadline: Int64, token: UInt64)? { entries.first.map { ($0.deadline, $0.token) } }

  mutating func insert(_ token: UInt64, at deadline: Int64) {
    var index = entries.count
    let entry = Entry(deadline: deadline, token: token)
    entries.append(entry)
    while index > 0 {
      let parent = (index - 1) / 2
      if entries[parent].deadline <= deadline { break }
      entries[index] = entries[parent]
      index = parent
    }
    entries[index] = entry
  }

  mutating func removeFirst() {
    let entry = entries.removeLast()
    if entries.isEmpty { return }
    var index = 0
    while true {
      var child = index * 2 + 1
      if child >= entries.count { break }
      if child + 1 < entries.count, entries[child + 1].deadline < entries[child].deadline { child += 1 }
      if entry.deadline <= entries[child].deadline { break }
      entries[index] = entries[child]
      index = child
    }
    entries[index] = entry
  }
}

extension Duration {
  /// For the kernel's clocks; what is longer than centuries is cut.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return min(max(seconds, 0), 1 << 32) * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
