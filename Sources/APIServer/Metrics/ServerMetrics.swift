import APIMachinery
import HTTPService

/// What `/metrics` says of the server.
struct ServerMetrics {
  let registry: Registry
  let requests: RequestMetrics
  let flowControl: FlowControl?
  let audit: AuditLog?
  let version: ServerVersion

  func response() -> Response {
    var text = MetricsText()
    writeRequests(&text)
    writeObjects(&text)
    if let flowControl { Self.writeFlows(flowControl, &text) }
    if let audit { Self.writeAudit(audit, &text) }
    registry.admissionMetrics.write(&text)
    writeBuild(&text)
    ProcessMetrics.write(&text)
    return Response(.ok, text: text.text, type: MetricsText.contentType)
  }

  private static func labels(_ key: RequestMetrics.Key) -> [(String, String)] {
    [
      ("component", "apiserver"), ("dry_run", key.isDryRun ? "All" : ""), ("group", key.group),
      ("resource", key.resource), ("scope", key.scope), ("subresource", key.subresource), ("verb", key.verb),
      ("version", key.version),
    ]
  }

  private func writeBuild(_ text: inout MetricsText) {
    let name = "kubernetes_build_info"
    text.begin(name, "gauge", "Which version of Kubernetes the server speaks; always 1.")
    text.add(
      name, [("git_version", version.gitVersion), ("major", version.major), ("minor", version.minor)], 1)
  }

  private func writeRequests(_ text: inout MetricsText) {
    let all = requests.all.sorted {
      ($0.key.resource, $0.key.subresource, $0.key.verb, $0.key.group, $0.key.version, $0.key.scope)
        < ($1.key.resource, $1.key.subresource, $1.key.verb, $1.key.group, $1.key.version, $1.key.scope)
    }
    text.begin("apiserver_request_total", "counter", "Requests by what they are about and how they were answered.")
    for (key, entry) in all {
      for one in entry.codes {
        text.add("apiserver_request_total", [("code", String(one.code))] + Self.labels(key), one.count)
      }
    }
    let name = "apiserver_request_duration_seconds"
    text.begin(name, "histogram", "How long requests took that are no watches and streams.")
    for (key, entry) in all where entry.timed > 0 {
      let labels = Self.labels(key)
      var sum = 0
      for (bound, count) in zip(RequestMetrics.bounds, entry.buckets) {
        sum += count
        text.add("\(name)_bucket", labels + [("le", MetricsText.number(bound))], sum)
      }
      text.add("\(name)_bucket", labels + [("le", "+Inf")], entry.timed)
      text.add("\(name)_sum", labels, entry.seconds)
      text.add("\(name)_count", labels, entry.timed)
    }
    let inFlight = requests.inFlight
    text.begin("apiserver_current_inflight_requests", "gauge", "Requests that are worked on.")
    for (kind, count) in [("mutating", inFlight.writing), ("readOnly", inFlight.reading)] {
      text.add("apiserver_current_inflight_requests", [("request_kind", kind)], count)
    }
  }

  private func writeObjects(_ text: inout MetricsText) {
    let counts = registry.catalog.snapshot.resources.filter { $0.storedAs == nil }.map { resource in
      (place: resource.groupResource, count: registry.store.cache(of: StorageLayout.prefix(of: resource)).count)
    }.sorted { $0.place.description < $1.place.description }
    text.begin("apiserver_storage_objects", "gauge", "Objects that are kept, by resource.")
    for one in counts { text.add("apiserver_storage_objects", [("resource", one.place.description)], one.count) }
    text.begin("apiserver_resource_objects", "gauge", "Objects that are kept, by group and resource.")
    for one in counts {
      text.add(
        "apiserver_resource_objects", [("group", one.place.group), ("resource", one.place.resource)], one.count)
    }
  }

  private static func writeFlows(_ control: FlowControl, _ text: inout MetricsText) {
    let prefix = "apiserver_flowcontrol_"
    let levels = control.gate.levels.filter { !$0.isRetired }.sorted { $0.name < $1.name }
    func write(_ name: String, _ type: String, _ help: String, _ value: (SeatAllocation<SeatGate.Waiting>.Level) -> Int)
    {
      text.begin(prefix + name, type, help)
      for level in levels { text.add(prefix + name, [("priority_level", level.name)], value(level)) }
    }
    write("nominal_limit_seats", "gauge", "Seats that a level's shares are worth.") { $0.limits.nominal }
    write("lower_limit_seats", "gauge", "Seats that nobody can borrow from a level.") { $0.limits.lower }
    write("upper_limit_seats", "gauge", "Seats of a level with all that it may borrow.") { $0.limits.upper }
    write("current_limit_seats", "gauge", "Seats of a level for now, with what it lends and borrows.") { $0.current }
    write("current_executing_seats", "gauge", "Seats that are taken.") { $0.inUse }
    write("current_executing_requests", "gauge", "Requests that have a seat.") { $0.executing }
    write("current_inqueue_requests", "gauge", "Requests that wait for a seat.") { $0.waiting }
    write("dispatched_requests_total", "counter", "Requests that have got a seat.") { $0.dispatched }
    text.begin(prefix + "rejected_requests_total", "counter", "Requests that got no seat, and why.")
    for level in levels {
      for reason in SeatGate.Refusal.allCases {
        guard let count = level.refused[reason] else { continue }
        text.add(
          prefix + "rejected_requests_total", [("priority_level", level.name), ("reason", reason.rawValue)], count)
      }
    }
  }

  private static func writeAudit(_ audit: AuditLog, _ text: inout MetricsText) {
    let counts = audit.counts
    text.begin("apiserver_audit_event_total", "counter", "Events that were written to the audit log.")
    text.add("apiserver_audit_event_total", [], max(counts.written, audit.webhook?.counts.sent ?? 0))
    text.begin("apiserver_audit_error_total", "counter", "Events that the audit log has lost.")
    text.add("apiserver_audit_error_total", [("plugin", "log")], counts.dropped + counts.failed)
    if let webhook = audit.webhook {
      text.add("apiserver_audit_error_total", [("plugin", "webhook")], webhook.counts.lost)
    }
  }
}
