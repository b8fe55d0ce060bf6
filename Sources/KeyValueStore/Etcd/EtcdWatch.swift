import FoundationEssentials

/// One change that a watch tells.
public enum EtcdEvent: Sendable, Equatable {
  case put(KeyValue)
  case delete(key: String)
}

extension EtcdStore {
  /// Tells every change below a prefix from a revision on, in order and without gaps, those of one revision together,
  /// until the task is cancelled. A stream that breaks is opened again, at another member where this one is away.
  /// - Throws: `.compacted` where the revision is not kept any more; `.unavailable` where no member takes the stream;
  ///   whatever `take` throws.
  public func watch(
    prefix: String, from revision: Int64, _ take: ([EtcdEvent]) async throws(StoreError) -> Void
  ) async throws(StoreError) {
    let bytes = Array((location.prefix + prefix).utf8)
    var next = revision
    while !Task.isCancelled {
      let lines = try await gateway.stream(
        "/v3/watch",
        EtcdWire.WatchRequest(
          create_request: EtcdWire.WatchCreate(
            key: Data(bytes), range_end: Data(EtcdWire.end(ofPrefix: bytes)), start_revision: WireNumber(next))))
      do throws(StoreError) {
        try await lines.forEach(EtcdWire.WatchResponse.self) { (message) throws(StoreError) in
          if let compacted = message.compact_revision?.value, compacted > 0 {
            throw StoreError(.compacted, "the cluster store keeps no revision before \(compacted)")
          }
          if message.canceled == true {
            throw StoreError(.unavailable, "the watch was cancelled: \(message.cancel_reason ?? "no reason given")")
          }
          var events: [EtcdEvent] = []
          for event in message.events ?? [] {
            guard let entry = event.kv else { throw StoreError(.malformed, "an event of the watch has no key") }
            let value = try value(entry)
            events.append(event.type == "DELETE" ? .delete(key: value.key) : .put(value))
            next = max(next, value.modRevision + 1)
          }
          if !events.isEmpty { try await take(events) }
          return true
        }
      } catch {
        guard error.code == .unavailable, !Task.isCancelled else { throw error }
      }
      // A member that closes each stream at once must not be asked again at once.
      do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
    }
  }
}
