import FoundationEssentials

/// A watch of an etcd cluster: a task reads the stream, and waits where nobody takes what it has read. A stream that
/// breaks is opened again, at another member where this one is away.
final class EtcdWatch: WatchSource {
  private let channel = BatchChannel(capacity: 64)
  private let task: Task<Void, Never>

  init(_ store: EtcdStore, prefix: String, from revision: Int64) {
    task = Task { [channel] in
      do throws(StoreError) {
        try await Self.read(store, prefix: prefix, from: revision, channel)
        channel.finish(nil)
      } catch { channel.finish(store.gateway.isClosed ? .storeClosed : error) }
    }
  }

  deinit { cancel() }

  func next() async throws(StoreError) -> WatchBatch? { try await channel.receive() }

  /// The gateway closes the way to the server once it has answered, so there is no way to ask.
  func requestProgress() {}

  func cancel() {
    channel.abandon()
    task.cancel()
  }

  private static func read(
    _ store: EtcdStore, prefix: String, from revision: Int64, _ channel: BatchChannel
  ) async throws(StoreError) {
    let bytes = Array((store.configuration.prefix + prefix).utf8)
    var next = revision
    while !Task.isCancelled {
      let lines = try await store.gateway.stream(
        "/v3/watch",
        EtcdWire.WatchRequest(
          create_request: EtcdWire.WatchCreate(
            key: Data(bytes.isEmpty ? [0] : bytes), range_end: Data(EtcdWire.end(ofPrefix: bytes)),
            start_revision: WireNumber(next))))
      do throws(StoreError) {
        try await lines.forEach(EtcdWire.WatchResponse.self) { (message) throws(StoreError) in
          try refuse(message)
          for batch in try batches(message, store) {
            next = max(next, batch.revision + 1)
            guard await channel.send(batch) else { return false }
          }
          return true
        }
      } catch {
        guard error.code == .unavailable, !Task.isCancelled, !store.gateway.isClosed else { throw error }
      }
      // A member that closes each stream at once must not be asked again at once.
      do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
    }
  }

  private static func refuse(_ message: EtcdWire.WatchResponse) throws(StoreError) {
    if let compacted = message.compact_revision?.value, compacted > 0 {
      throw StoreError(.compacted, "the cluster store keeps no revision before \(compacted)")
    }
    guard message.canceled == true else { return }
    let reason = message.cancel_reason ?? "no reason given"
    throw StoreError(
      reason.contains("permission denied") ? .denied : .unavailable, "the watch was cancelled: \(reason)")
  }

  /// One message may hold several revisions, but each of them whole.
  private static func batches(
    _ message: EtcdWire.WatchResponse, _ store: EtcdStore
  ) throws(StoreError) -> [WatchBatch] {
    guard let wire = message.events, !wire.isEmpty else {
      // The first message tells the revision too, but promises nothing.
      guard message.created != true, let revision = message.header?.revision?.value else { return [] }
      return [WatchBatch(revision: revision, events: [])]
    }
    var batches: [WatchBatch] = []
    var events: [StoreEvent] = []
    for event in wire {
      guard let entry = event.kv else { throw StoreError(.malformed, "an event of the watch has no key") }
      let value = try store.value(entry)
      if let last = events.last?.revision, last != value.modRevision {
        batches.append(WatchBatch(revision: last, events: events))
        events = []
      }
      let previous = try event.prev_kv.map { (wire) throws(StoreError) in try store.value(wire) }
      events.append(
        StoreEvent(
          key: value.key, revision: value.modRevision, current: event.type == "DELETE" ? nil : value,
          previous: previous))
    }
    if let last = events.last?.revision { batches.append(WatchBatch(revision: last, events: events)) }
    return batches
  }
}
