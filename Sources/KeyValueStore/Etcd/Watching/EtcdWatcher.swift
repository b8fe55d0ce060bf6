import Synchronization

/// What is known of one watch: where it goes on, whatever stream it is on.
final class EtcdWatcher: Sendable {
  /// What a slow reader is kept in memory: beyond that it is read from etcd again.
  private static let capacity = (batches: 4096, bytes: 16 << 20)

  let key: [UInt8]
  let end: [UInt8]
  private let prefix: String
  private let buffer = WatchBuffer(batches: capacity.batches, bytes: capacity.bytes)
  private struct State {
    /// The first revision that was not told yet.
    var next: Int64
    /// What has come of the revision whose other part is still to come.
    var pending: [StoreEvent] = []
    /// Refused by etcd; the next time it is for good.
    var wasRefused = false
  }
  private let state: Mutex<State>

  /// - Parameters:
  ///   - prefix: that of the store, which keys are named without.
  ///   - watched: that of the watch, without the store's.
  init(prefix: String, watched: String, from revision: Int64) {
    let bytes = Array((prefix + watched).utf8)
    key = EtcdRequest.start(ofPrefix: bytes)
    end = EtcdRequest.end(ofPrefix: bytes)
    self.prefix = prefix
    state = Mutex(State(next: revision))
  }

  func receive() async throws(StoreError) -> (batch: WatchBatch, hasRoomAgain: Bool)? { try await buffer.receive() }

  /// Whether its reader has taken all that there was.
  var isDrained: Bool { buffer.isDrained }

  func abandon() { buffer.abandon() }

  func finish(_ error: StoreError?) { buffer.finish(error) }

  /// The request that makes it go on where it is; what came in part comes again.
  func request(_ id: Int64) -> EtcdRequest.Watch {
    let next = state.withLock { state in
      state.pending = []
      return state.next
    }
    return .create(.init(key: key, end: end, startRevision: next, id: id))
  }

  func accept() { state.withLock { $0.wasRefused = false } }

  /// - Returns: whether it was refused before.
  func refuse() -> Bool {
    state.withLock { state in
      defer { state.wasRefused = true }
      return state.wasRefused
    }
  }

  /// A progress mark: everything up to the revision has been told.
  func mark(_ revision: Int64) {
    state.withLock { state in
      guard state.pending.isEmpty, revision >= state.next - 1 else { return }
      // One that finds no room is of no use to a reader that is so far behind.
      if buffer.offer(WatchBatch(revision: revision, events: [])) { state.next = revision + 1 }
    }
  }

  /// Takes events in, revision by revision: an answer may hold several revisions, and its parts may cut one in two.
  /// - Returns: false where there is no room for all of them.
  func take(_ events: [EtcdAnswer.Event], isFragment: Bool) throws(StoreError) -> Bool {
    var told: [StoreEvent] = []
    told.reserveCapacity(events.count)
    for event in events { told.append(try self.event(event)) }
    return state.withLock { state in
      for event in told {
        // What a member tells twice is told once.
        guard event.revision >= state.next else { continue }
        if let last = state.pending.last?.revision, last != event.revision, !flush(&state) { return false }
        state.pending.append(event)
      }
      return isFragment || flush(&state)
    }
  }

  private func flush(_ state: inout State) -> Bool {
    guard let revision = state.pending.last?.revision else { return true }
    guard buffer.offer(WatchBatch(revision: revision, events: state.pending)) else { return false }
    state.pending = []
    state.next = revision + 1
    return true
  }

  private func event(_ event: EtcdAnswer.Event) throws(StoreError) -> StoreEvent {
    guard let entry = event.current else { throw StoreError(.malformed, "an event of the watch has no key") }
    let value = try KeyValue(entry, prefix: prefix)
    return StoreEvent(
      key: value.key, revision: value.modRevision, current: event.isDeletion ? nil : value,
      previous: try event.previous.map { (entry) throws(StoreError) in try KeyValue(entry, prefix: prefix) })
  }
}
