/// Whether requests wait for the audit log (`--audit-log-mode`, `--audit-webhook-mode`).
public enum AuditMode: String, Sendable, CaseIterable {
  /// They do not: events are kept when there is time, many at once, and dropped where there are too many.
  case batch
  /// No request is answered before its events are kept, or lost.
  case blocking
  /// And none is worked on whose receipt is lost.
  case strict = "blocking-strict"
}
