import APIMachinery
import HTTPService

/// What `/metrics` says of the server.
struct ServerMetrics {
  let registry: Registry
  let requests: RequestMetrics
  let access: AccessMetrics
  let flowControl: FlowControl?
  let audit: AuditLog?
  let version: ServerVersion

  func response() -> Response {
    var text = MetricsText()
    requests.write(&text)
    access.write(&text)
    writeObjects(&text)
    registry.store.times.write(&text, registry.catalog.snapshot)
    flowControl?.writeMetrics(&text)
    if let audit { Self.writeAudit(audit, &text) }
    registry.admissionMetrics.write(&text)
    registry.outbound?.times.write(&text)
    writeBuild(&text)
    ProcessMetrics.write(&text)
    return Response(.ok, text: text.text, type: MetricsText.contentType)
  }

  private func writeBuild(_ text: inout MetricsText) {
    let name = "kubernetes_build_info"
    text.begin(name, "gauge", "Which version of Kubernetes the server speaks; always 1.")
    let told = version.json
    text.add(
      name,
      [
        "buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "major", "minor", "platform",
      ].map { member in (Self.label(member), told[member]?.stringValue ?? "") }, 1)
  }

  /// `gitVersion` as metrics write it: `git_version`.
  private static func label(_ member: String) -> String {
    String(member.flatMap { $0.isUppercase ? ["_", Character($0.lowercased())] : [$0] })
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

  private static func writeAudit(_ audit: AuditLog, _ text: inout MetricsText) {
    let counts = audit.counts
    text.begin("apiserver_audit_event_total", "counter", "Events that were written to the audit log.")
    text.add("apiserver_audit_event_total", [], max(counts.written, audit.webhook?.counts.sent ?? 0))
    text.begin("apiserver_audit_error_total", "counter", "Events that the audit log has lost.")
    text.add("apiserver_audit_error_total", [("plugin", "log")], counts.lost)
    if let webhook = audit.webhook {
      text.add("apiserver_audit_error_total", [("plugin", "webhook")], webhook.counts.lost)
    }
  }
}
