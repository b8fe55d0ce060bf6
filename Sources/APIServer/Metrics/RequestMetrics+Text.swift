extension RequestMetrics {
  private static let component = ("component", "apiserver")

  private static func labels(_ key: Key, dryRun: Bool = false) -> [(String, String)] {
    [component] + (dryRun ? [("dry_run", key.isDryRun ? "All" : "")] : []) + [
      ("group", key.group), ("resource", key.resource), ("scope", key.scope), ("subresource", key.subresource),
      ("verb", key.verb), ("version", key.version),
    ]
  }

  private static func precedes(_ one: Key, _ other: Key) -> Bool {
    (one.resource, one.subresource, one.verb, one.group, one.version, one.scope)
      < (other.resource, other.subresource, other.verb, other.group, other.version, other.scope)
  }

  /// What `/metrics` says of requests.
  func write(_ text: inout MetricsText) {
    let all = all.sorted { Self.precedes($0.key, $1.key) }
    text.begin("apiserver_request_total", "counter", "Requests by what they are about and how they were answered.")
    for (key, entry) in all {
      for one in entry.codes {
        text.add(
          "apiserver_request_total", [("code", String(one.code))] + Self.labels(key, dryRun: true), one.count)
      }
    }
    let name = "apiserver_request_duration_seconds"
    text.begin(name, "histogram", "How long requests took that are no watches and streams.")
    for (key, entry) in all {
      if let duration = entry.duration { text.add(name, Self.labels(key, dryRun: true), duration) }
    }
    Self.write(
      "apiserver_request_sli_duration_seconds",
      "How long requests took, without the time for which webhooks and seats were waited for.", all, \.ownDuration,
      &text)
    Self.write("apiserver_response_sizes", "Bytes of the answers to those who read.", all, \.size, &text)
    writeRunning(&text)
    writeDeprecated(&text)
  }

  /// A histogram that does not tell dry runs from others.
  private static func write(
    _ name: String, _ help: String, _ all: [(key: Key, entry: Entry)], _ part: KeyPath<Entry, Histogram?>,
    _ text: inout MetricsText
  ) {
    text.begin(name, "histogram", help)
    var known: [Key: Histogram] = [:]
    for (key, entry) in all {
      guard let histogram = entry[keyPath: part] else { continue }
      var key = key
      key.isDryRun = false
      known[key, default: Histogram(histogram.bounds)].add(histogram)
    }
    for (key, histogram) in known.sorted(by: { precedes($0.key, $1.key) }) { text.add(name, labels(key), histogram) }
  }

  private func writeRunning(_ text: inout MetricsText) {
    let inFlight = inFlight
    let name = "apiserver_current_inflight_requests"
    text.begin(name, "gauge", "Requests that are worked on.")
    for (kind, count) in [("mutating", inFlight.writing), ("readOnly", inFlight.reading)] {
      text.add(name, [("request_kind", kind)], count)
    }
    let long = "apiserver_longrunning_requests"
    text.begin(long, "gauge", "Watches and streams that are open.")
    for (key, count) in runningRequests.sorted(by: { Self.precedes($0.key, $1.key) }) {
      text.add(long, Self.labels(key), count)
    }
  }

  private func writeDeprecated(_ text: inout MetricsText) {
    let name = "apiserver_requested_deprecated_apis"
    text.begin(name, "gauge", "Versions that somebody has asked for although they will be served no more.")
    for key in deprecatedRequests.sorted(by: Self.precedes) {
      text.add(
        name,
        [
          ("group", key.group), ("removed_release", ""), ("resource", key.resource), ("subresource", key.subresource),
          ("version", key.version),
        ], 1)
    }
  }
}
