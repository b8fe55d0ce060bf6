import Synchronization

/// Wakes watches that nothing else wakes: from time to time for a bookmark, and when their time is over. One task sleeps
/// for all of them, and none while there are none: a thousand watches would else be thousands of tasks that wait.
final class WatchClock: Sendable {
  /// How often a quiet watch hears how far the server has come.
  private static let bookmarkInterval = 60

  private struct Entry {
    let watch: CacheWatch
    let end: Int
    let wantsMarks: Bool
  }

  private struct State {
    var entries: [UInt64: Entry] = [:]
    /// Who is due in which second since `start`. Who has gone in the meantime is passed over.
    var due: [Int: [UInt64]] = [:]
    var nextID: UInt64 = 0
    /// The task that sleeps, and until when.
    var sleeper: (task: Task<Void, Never>, until: Int)?
  }

  private let start = ContinuousClock.now
  private let state = Mutex(State())

  private var now: Int { Int((ContinuousClock.now - start).components.seconds) }

  /// Follows a watch until it is removed.
  /// - Parameter seconds: after how many it ends.
  func add(_ watch: CacheWatch, seconds: Int64, wantsMarks: Bool) -> UInt64 {
    let now = now
    return state.withLock { state in
      state.nextID += 1
      let end = now + Int(clamping: min(max(seconds, 0), 1 << 32)) + 1
      let entry = Entry(watch: watch, end: end, wantsMarks: wantsMarks)
      state.entries[state.nextID] = entry
      schedule(state.nextID, entry, after: now, &state)
      return state.nextID
    }
  }

  func remove(_ id: UInt64) {
    state.withLock { state in
      state.entries[id] = nil
      guard state.entries.isEmpty else { return }
      state.due = [:]
      state.sleeper?.task.cancel()
      state.sleeper = nil
    }
  }

  private func schedule(_ id: UInt64, _ entry: Entry, after now: Int, _ state: inout State) {
    let second = entry.wantsMarks ? min(entry.end, now + Self.bookmarkInterval) : entry.end
    state.due[second, default: []].append(id)
    if let sleeper = state.sleeper {
      guard second < sleeper.until else { return }
      sleeper.task.cancel()
    }
    sleep(until: second, &state)
  }

  private func sleep(until second: Int, _ state: inout State) {
    let deadline = start + .seconds(second)
    let task = Task { [weak self] in
      do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
      self?.wake(second)
    }
    state.sleeper = (task, second)
  }

  private func wake(_ second: Int) {
    let (marked, ended) = state.withLock { state -> ([CacheWatch], [CacheWatch]) in
      // Another sleeper has taken the place of the one that calls.
      guard state.sleeper?.until == second else { return ([], []) }
      state.sleeper = nil
      var (marked, ended): ([CacheWatch], [CacheWatch]) = ([], [])
      for due in state.due.keys.filter({ $0 <= second }) {
        for id in state.due.removeValue(forKey: due) ?? [] {
          guard let entry = state.entries[id] else { continue }
          if entry.end <= second {
            ended.append(entry.watch)
            state.entries[id] = nil
          } else {
            marked.append(entry.watch)
            let next = min(entry.end, second + Self.bookmarkInterval)
            state.due[next, default: []].append(id)
          }
        }
      }
      if let next = state.due.keys.min() { sleep(until: next, &state) }
      return (marked, ended)
    }
    for watch in marked { watch.mark() }
    for watch in ended { watch.end() }
  }
}
