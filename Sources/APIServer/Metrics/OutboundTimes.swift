import Synchronization

/// What this server asks of others (webhooks, other API servers, the audit webhook): how they answer and how long they take.
/// The names are those of Kubernetes' own clients.
final class OutboundTimes: Sendable {
  private static let bounds = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]
  /// Hosts beyond are counted as none: configurations come and go.
  private static let mostKeys = 1024

  private struct Key: Hashable {
    let host: String
    let method: String
  }

  private struct Entry {
    /// By the status of the answer, or `<error>` where there was none.
    var codes: [String: Int] = [:]
    var durations = Histogram(OutboundTimes.bounds)
  }

  private let entries = Mutex<[Key: Entry]>([:])

  /// - Parameter status: of the answer; nil where there was none.
  func record(host: String, method: String, status: Int?, _ duration: Duration) {
    entries.withLock { entries in
      var key = Key(host: host, method: method)
      if entries[key] == nil, entries.count >= Self.mostKeys { key = Key(host: "", method: method) }
      var entry = entries[key] ?? Entry()
      entry.codes[status.map(String.init) ?? "<error>", default: 0] += 1
      entry.durations.observe(duration)
      entries[key] = entry
    }
  }

  func write(_ text: inout MetricsText) {
    let all = entries.withLock { $0 }.sorted { ($0.key.host, $0.key.method) < ($1.key.host, $1.key.method) }
    text.begin("rest_client_requests_total", "counter", "Requests to others, by how they were answered.")
    for (key, entry) in all {
      for (code, count) in entry.codes.sorted(by: { $0.key < $1.key }) {
        text.add(
          "rest_client_requests_total", [("code", code), ("host", key.host), ("method", key.method)], count)
      }
    }
    text.begin("rest_client_request_duration_seconds", "histogram", "How long others took to answer.")
    for (key, entry) in all {
      text.add("rest_client_request_duration_seconds", [("host", key.host), ("verb", key.method)], entry.durations)
    }
  }
}
