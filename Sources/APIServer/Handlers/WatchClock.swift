import APIMachinery
import Synchronization

/// Wakes watches that nothing else wakes: from time to time for a bookmark, and when their time is over. One task sleeps
/// for all of them, and none while there are none: a thousand watches would else be thousands of tasks that wait.
final class WatchClock: Sendable {
  /// Watches that are due within a tick of each other are woken together. In milliseconds.
  private static let tick = 100
  /// How often a quiet watch hears how far the server has come, in ticks.
  private static let bookmarkInterval = 60_000 / tick
  /// How long before its end a watch hears so for the last time, in ticks: it is as near to it as kube-apiserver's.
  private static let lastBookmark = 2_000 / tick

  private struct Entry {
    let watch: CacheWatch
    let resource: GroupResource
    let end: Int
    let wantsMarks: Bool

    /// When it is woken next.
    func next(after now: Int) -> Int {
      guard wantsMarks else { return end }
      // The end is in the tick after the one that was asked for.
      let mark = min(now + WatchClock.bookmarkInterval, end - 1 - WatchClock.lastBookmark)
      return mark > now ? mark : end
    }
  }

  private struct State {
    var entries: [UInt64: Entry] = [:]
    /// Who is due in which tick since `start`. Who has gone in the meantime is passed over.
    var due: [Int: [UInt64]] = [:]
    var nextID: UInt64 = 0
    /// The task that sleeps, and until when.
    var sleeper: (task: Task<Void, Never>, until: Int)?
  }

  private let start = ContinuousClock.now
  private let state = Mutex(State())

  private var now: Int { Int((ContinuousClock.now - start) / .milliseconds(Self.tick)) }

  /// Follows a watch until it is removed.
  /// - Parameter seconds: after how many it ends.
  func add(_ watch: CacheWatch, of resource: GroupResource, seconds: Int64, wantsMarks: Bool) -> UInt64 {
    let now = now
    return state.withLock { state in
      state.nextID += 1
      let end = now + Int(min(max(seconds, 0), 1 << 32)) * 1000 / Self.tick + 1
      let entry = Entry(watch: watch, resource: resource, end: end, wantsMarks: wantsMarks)
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

  /// Ends all watches of a resource: it is served otherwise from now on, or not at all.
  func end(_ resource: GroupResource) {
    let ended = state.withLock { state in
      let found = state.entries.filter { $0.value.resource == resource }
      for id in found.keys { state.entries[id] = nil }
      return found.values.map(\.watch)
    }
    for watch in ended { watch.finish() }
  }

  private func schedule(_ id: UInt64, _ entry: Entry, after now: Int, _ state: inout State) {
    let tick = entry.next(after: now)
    state.due[tick, default: []].append(id)
    if let sleeper = state.sleeper {
      guard tick < sleeper.until else { return }
      sleeper.task.cancel()
    }
    sleep(until: tick, &state)
  }

  private func sleep(until tick: Int, _ state: inout State) {
    let deadline = start + .milliseconds(tick * Self.tick)
    let task = Task { [weak self] in
      do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
      self?.wake(tick)
    }
    state.sleeper = (task, tick)
  }

  private func wake(_ tick: Int) {
    let (marked, ended) = state.withLock { state -> ([CacheWatch], [CacheWatch]) in
      // Another sleeper has taken the place of the one that calls.
      guard state.sleeper?.until == tick else { return ([], []) }
      state.sleeper = nil
      var (marked, ended): ([CacheWatch], [CacheWatch]) = ([], [])
      for due in state.due.keys.filter({ $0 <= tick }) {
        for id in state.due.removeValue(forKey: due) ?? [] {
          guard let entry = state.entries[id] else { continue }
          if entry.end <= tick {
            ended.append(entry.watch)
            state.entries[id] = nil
          } else {
            marked.append(entry.watch)
            state.due[entry.next(after: tick), default: []].append(id)
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
