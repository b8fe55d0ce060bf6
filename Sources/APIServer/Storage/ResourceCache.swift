import APIMachinery
import NIOCore
import Synchronization

/// All objects of one resource in memory, in the order of their keys, with the changes of late: what GET, LIST and WATCH
/// are answered from.
///
/// One writer (the feed of the store), any number of readers.
final class ResourceCache: Sendable {
  /// Changes that a watch may begin before.
  private static let mostEvents = 4096

  /// Changes of which the form in which they are sent is kept for the next watch.
  private static let mostEncoded = 64

  private struct State {
    var objects: [String: CachedObject] = [:]
    /// Of all objects.
    var bytes = 0
    /// How many objects are stored in which version.
    var versions: [String: Int] = [:]
    /// Sorted by key; nil while it has to be made anew.
    var sorted: [CachedObject]?
    var events: [ObjectEvent] = []
    /// Changes up to this revision are not in `events` any more.
    var forgotten: Int64
    /// The newest of the changes that are here.
    var revision: Int64
    var watches = WatchIndex()
    /// What the store has and nobody can read, by key.
    var unreadable: [String: UnreadableObject] = [:]

    /// Watches begin later than now: what came before cannot be told to its end.
    mutating func forgetEvents() {
      forgotten = max(forgotten, revision)
      events = []
    }
  }
  private let state: Mutex<State>
  private let changeCount = Atomic<UInt64>(0)
  /// How far the store has come: of most revisions this resource has nothing.
  private let gate: RevisionGate

  /// Forgets what lists in protobuf are made of, when there have been none for a while.
  private let protobuf = IdleTimer(after: .seconds(300))

  /// How often objects have changed: where it is the same, they are.
  var changes: UInt64 { changeCount.load(ordering: .acquiring) }

  /// - Parameter gate: opens for a revision when everything up to it is in all caches.
  init(revision: Int64, _ gate: RevisionGate = RevisionGate()) {
    state = Mutex(State(forgotten: revision, revision: revision))
    self.gate = gate
  }

  func load(_ object: CachedObject) {
    state.withLock { state in
      _ = Self.put(object, object.key, &state)
      state.sorted = nil
      changeCount.add(1, ordering: .releasing)
    }
  }

  /// - Parameter object: nil where it is there no more.
  /// - Returns: whether there was one before.
  private static func put(_ object: CachedObject?, _ key: String, _ state: inout State) -> Bool {
    let old = state.objects[key]
    state.objects[key] = object
    state.bytes += (object?.object.servedCount ?? 0) - (old?.object.servedCount ?? 0)
    if let object { state.versions[object.object.header.apiVersion, default: 0] += 1 }
    if let version = old?.object.header.apiVersion {
      state.versions[version, default: 0] -= 1
      if state.versions[version] == 0 { state.versions[version] = nil }
    }
    return old != nil
  }

  func get(_ key: String) -> CachedObject? { state.withLock { $0.objects[key] } }

  /// All objects below a key prefix, the revision at which that is so, and the version in which they all are stored, if it is
  /// one.
  func list(_ prefix: String) -> (objects: ArraySlice<CachedObject>, revision: Int64, apiVersion: String?) {
    // Looked at first: nothing up to here can come any more.
    let known = gate.revision
    return state.withLock { state in
      let sorted = Self.sorted(&state)
      let start = Self.index(of: prefix, in: sorted[...])
      // Above every key with the prefix: a slash ends it, and `0` follows the slash.
      let end = Self.index(of: String(prefix.dropLast()) + "0", in: sorted[...])
      let apiVersion = state.versions.count == 1 ? state.versions.first?.key : nil
      return (sorted[start..<max(start, end)], max(state.revision, known), apiVersion)
    }
  }

  var everything: [CachedObject] { state.withLock { Array($0.objects.values) } }

  var count: Int { state.withLock { $0.objects.count } }

  /// What lists and writes cost is told by this.
  var size: WorkEstimate.Resource {
    state.withLock { .init(count: $0.objects.count, bytes: $0.bytes, watchers: $0.watches.count) }
  }

  private static func sorted(_ state: inout State) -> [CachedObject] {
    if let sorted = state.sorted { return sorted }
    let sorted = state.objects.values.sorted { $0.key < $1.key }
    state.sorted = sorted
    return sorted
  }

  /// Where a key stands, or would.
  static func index(of key: String, in sorted: ArraySlice<CachedObject>) -> Int {
    var (low, high) = (sorted.startIndex, sorted.endIndex)
    while low < high {
      let middle = (low + high) / 2
      if sorted[middle].key < key { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Objects may keep what they are in protobuf: a list is made of it now. They forget it when there was no such list for
  /// some minutes: it takes two fifths of what their JSON does.
  func keepProtobuf() {
    protobuf.used { [weak self] in for object in self?.everything ?? [] { object.forgetProtobuf() } }
  }

  // MARK: What cannot be read

  func unreadable(_ key: String) -> UnreadableObject? { state.withLock { $0.unreadable[key] } }

  /// Those below a key prefix, in the order of their keys.
  func unreadable(below prefix: String = "") -> [UnreadableObject] {
    state.withLock { state in state.unreadable.values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key } }
  }

  /// Takes in what cannot be read: it is in no list any more, and who watches lists again.
  /// - Returns: whether the key was readable until now, or unknown.
  @discardableResult
  func hold(_ object: UnreadableObject) -> Bool {
    let (isNew, watches) = state.withLock { state in
      var object = object
      object.before = state.objects[object.key] ?? state.unreadable[object.key]?.before
      _ = Self.put(nil, object.key, &state)
      state.sorted = nil
      changeCount.add(1, ordering: .releasing)
      let isNew = state.unreadable.updateValue(object, forKey: object.key) == nil
      state.revision = max(state.revision, object.revision)
      state.forgetEvents()
      return (isNew, state.watches.all)
    }
    for watch in watches { watch.cutOff() }
    return isNew
  }

  /// Takes in what can be read again. Nobody who watches has to be told: who did when it could not be read was cut off, and
  /// who does since has begun after it.
  /// - Returns: the change that it is; nil where something else is there by now.
  func release(_ object: CachedObject) -> ObjectEvent? {
    state.withLock { state in
      guard let known = state.unreadable[object.key], known.revision == object.revision else { return nil }
      state.unreadable[object.key] = nil
      _ = Self.put(object, object.key, &state)
      state.sorted = nil
      changeCount.add(1, ordering: .releasing)
      state.forgetEvents()
      return ObjectEvent(revision: object.revision, current: object, previous: known.before)
    }
  }

  /// Something else is at a key, or nothing.
  /// - Returns: whether something was there that nobody could read.
  func forgetUnreadable(_ key: String) -> Bool {
    state.withLock { state in
      guard state.unreadable.removeValue(forKey: key) != nil else { return false }
      state.forgetEvents()
      return true
    }
  }

  // MARK: Changes

  /// Takes the changes of one revision.
  func apply(_ events: [ObjectEvent], revision: Int64) {
    tell(events, revision: revision) { state in
      for event in events {
        guard let key = event.current?.key ?? event.previous?.key else { continue }
        let known = Self.put(event.current, key, &state)
        guard var sorted = state.sorted else { continue }
        state.sorted = nil
        let index = Self.index(of: key, in: sorted[...])
        switch (known, event.current) {
        case (true, let object?): sorted[index] = object
        case (true, nil): sorted.remove(at: index)
        case (false, let object?): sorted.insert(object, at: index)
        case (false, nil): break
        }
        state.sorted = sorted
      }
      changeCount.add(1, ordering: .releasing)
      state.events += events
      // The newest are being sent; of the others the objects are enough.
      let kept = state.events.count - Self.mostEncoded
      for event in state.events[max(kept - events.count, 0)..<max(kept, 0)] { event.forgetEncodings() }
      if state.events.count > 2 * Self.mostEvents {
        let gone = state.events.count - Self.mostEvents
        state.forgotten = state.events[gone - 1].revision
        state.events.removeFirst(gone)
      }
      state.revision = revision
    }
  }

  /// Tells watches of changes. Those who wait together are told at the moment of the change: nobody comes to them or leaves
  /// them between the two. The one writer is done with one change before the next: what is offered one by one is on its way
  /// before others are told together again.
  /// - Parameter change: what changes.
  private func tell(_ events: [ObjectEvent], revision: Int64, _ change: (inout State) -> Void) {
    var pieces: [WatchParking.Audience: ByteBuffer] = [:]
    if !ChangeDelivery.isLarge(events) {
      let batch = CacheWatch.Batch(events: events, revision: revision)
      for parking in state.withLock({ $0.watches.audiences(of: events) }) {
        pieces[parking.audience] = parking.encode(batch)
      }
    }
    let watches = state.withLock { state in
      change(&state)
      return state.watches.tell(events, revision: revision, pieces)
    }
    ChangeDelivery.deliver(events, revision: revision, to: watches)
  }

  /// Whether anything has changed after a revision, as far as is known.
  func hasChanged(since revision: Int64) -> Bool {
    state.withLock { state in revision < state.forgotten || (state.events.last?.revision ?? 0) > revision }
  }

  /// Everything up to this revision is here: what bookmarks tell.
  var revision: Int64 {
    let known = gate.revision
    return state.withLock { max($0.revision, known) }
  }

  /// Begins a watch after a revision, which may be still to come.
  /// - Parameter scope: what it can want; it may be given more.
  /// - Returns: nil where that is too old, with the oldest that is possible.
  func watch(after revision: Int64, _ scope: WatchScope = .everything) -> (watch: CacheWatch?, oldest: Int64) {
    let known = gate.revision
    return state.withLock { state in
      guard revision >= state.forgotten else { return (nil, state.forgotten) }
      let known = max(state.revision, known)
      let watch = CacheWatch(
        revision: known, gate, scope: scope, start: revision,
        onMove: { [weak self] in self?.move($0, $1, isParked: $2) }, onEnd: { [weak self] in self?.forget($0) })
      var first = state.events.count
      while first > 0, state.events[first - 1].revision > revision { first -= 1 }
      ChangeDelivery.deliver(Array(state.events[first...]), revision: known, to: [watch])
      state.watches.insert(watch)
      return (watch, state.forgotten)
    }
  }

  /// A list and a watch of what follows it, with no gap between the two.
  func listAndWatch(
    _ prefix: String, _ scope: WatchScope = .everything
  ) -> (objects: ArraySlice<CachedObject>, revision: Int64, watch: CacheWatch) {
    while true {
      let (objects, revision, _) = list(prefix)
      if let watch = watch(after: revision, scope).watch { return (objects, revision, watch) }
    }
  }

  private func move(_ watch: CacheWatch, _ parking: WatchParking, isParked: Bool) -> Int64? {
    state.withLock { state in
      guard isParked else { return state.watches.unpark(watch, parking) }
      state.watches.park(watch, parking)
      return nil
    }
  }

  private func forget(_ watch: CacheWatch) {
    state.withLock { $0.watches.remove(watch) }
  }
}
