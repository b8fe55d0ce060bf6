/// Whether a history of calls on one key can be put into one order that keeps the order of calls which did not overlap,
/// and in which each answer is right: linearizability, by the search of Wing and Gong ("Testing and Verifying Concurrent
/// Objects", 1993) with Lowe's memory of what was tried ("Testing for linearizability", 2017).
enum Linearizability {
  /// The keys whose histories cannot be explained.
  static func violations(_ history: [RecordedCall]) -> [String] {
    Dictionary(grouping: history, by: \.key).filter { !isLinearizable($0.value) }.keys.sorted()
      + (revisionsGoUp(history) ? [] : ["revisions"])
  }

  /// Revisions are one order for all keys: none is given twice, and one that was given before another call began is
  /// lower than that call's.
  static func revisionsGoUp(_ history: [RecordedCall]) -> Bool {
    let writes: [(revision: Int64, call: RecordedCall)] = history.compactMap { call in
      guard case .done(let revision) = call.answer, call.request != .delete else { return nil }
      return (revision, call)
    }
    guard Set(writes.map(\.revision)).count == writes.count else { return false }
    // In the order of revisions no call may have ended before one with a lower revision began.
    var latestBeginning = 0
    for (_, call) in writes.sorted(by: { $0.revision < $1.revision }) {
      guard call.ended > latestBeginning else { return false }
      latestBeginning = max(latestBeginning, call.began)
    }
    return true
  }

  private struct Tried: Hashable {
    let done: [UInt64]
    let state: RecordedCall.Held?
  }

  /// Beginnings and ends in their order, as a list that calls are taken out of and put back into.
  private struct Points {
    var call: [Int] = []
    var isEnd: [Bool] = []
    var next: [Int] = []
    var previous: [Int] = []
    /// Where a call's end is.
    var end: [Int]

    /// Point 0 is the head of the list and no call's.
    init(_ calls: [RecordedCall]) {
      end = Array(repeating: 0, count: calls.count)
      var order: [(time: Int, call: Int, isEnd: Bool)] = []
      for (index, one) in calls.enumerated() {
        order.append((one.began, index, false))
        order.append((one.ended, index, true))
      }
      order.sort { $0.time < $1.time }
      for (position, point) in ([(0, -1, false)] + order).enumerated() {
        call.append(point.call)
        isEnd.append(point.isEnd)
        next.append(position + 1)
        previous.append(position - 1)
        if point.isEnd { end[point.call] = position }
      }
      next[next.count - 1] = 0
      previous[0] = 0
    }

    mutating func takeOut(_ point: Int) {
      for one in [point, end[call[point]]] {
        next[previous[one]] = next[one]
        if next[one] != 0 { previous[next[one]] = previous[one] }
      }
    }

    mutating func putBack(_ point: Int) {
      for one in [end[call[point]], point] {
        next[previous[one]] = one
        if next[one] != 0 { previous[next[one]] = one }
      }
    }
  }

  static func isLinearizable(_ calls: [RecordedCall]) -> Bool {
    var points = Points(calls)
    var state: RecordedCall.Held?
    var done = [UInt64](repeating: 0, count: calls.count / 64 + 1)
    var tried: Set<Tried> = []
    var path: [(point: Int, before: RecordedCall.Held?)] = []
    var point = points.next[0]
    while point != 0 {
      if !points.isEnd[point] {
        let index = points.call[point]
        if let after = step(calls[index], from: state) {
          done[index / 64] |= 1 << UInt64(index % 64)
          if tried.insert(Tried(done: done, state: after)).inserted {
            path.append((point, state))
            state = after
            points.takeOut(point)
            point = points.next[0]
            continue
          }
          done[index / 64] &= ~(1 << UInt64(index % 64))
        }
        point = points.next[point]
      } else {
        // An end whose call is not in the order yet: what came before it was wrong.
        guard let last = path.popLast() else { return false }
        let index = points.call[last.point]
        state = last.before
        done[index / 64] &= ~(1 << UInt64(index % 64))
        points.putBack(last.point)
        point = points.next[last.point]
      }
    }
    return true
  }

  /// What the key holds after a call that is carried out now; nil where its answer would be wrong. (The value that an
  /// absent key holds is nil too, hence two optionals.)
  private static func step(_ call: RecordedCall, from state: RecordedCall.Held?) -> RecordedCall.Held?? {
    switch (call.request, call.answer) {
    case (_, .found(let held)), (_, .conflict(let held)):
      guard held == state else { return nil }
      if case .swap(let expected, _) = call.request, expected == state?.revision ?? 0 { return nil }
      return .some(state)
    case (.swap(let expected, _), .done) where expected != state?.revision ?? 0: return nil
    case (.put(let value), .done(let revision)), (.swap(_, let value), .done(let revision)):
      // A key's revision goes up with each change.
      guard revision > state?.revision ?? 0 else { return nil }
      return .some(RecordedCall.Held(value: value, revision: revision))
    case (.delete, .done(let revision)):
      guard revision >= state?.revision ?? 0 else { return nil }
      return .some(nil)
    default: return .some(state)
    }
  }
}
