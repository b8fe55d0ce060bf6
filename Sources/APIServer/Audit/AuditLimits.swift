/// How large what is kept of requests may be (kube-apiserver's `--audit-log-truncate-…` and `--audit-webhook-truncate-…`).
public struct AuditLimits: Sendable {
  /// Bytes of an event. A larger one is kept without what was sent and answered, and not at all where that is not enough.
  public var largestEvent: Int
  /// Bytes of events that are sent at once, beside what stands around them.
  public var largestBatch: Int

  public init(largestEvent: Int, largestBatch: Int) {
    self.largestEvent = largestEvent
    self.largestBatch = largestBatch
  }

  /// The text of an event; nil where it is too large even without what was sent and answered.
  func line(of event: AuditEvent) -> [UInt8]? {
    let line = event.line()
    if line.count <= largestEvent { return line }
    let short = event.line(isTruncated: true)
    return short.count <= largestEvent ? short : nil
  }

  /// Lines that may be sent at once, in their order.
  func batches(_ lines: [[UInt8]]) -> [[[UInt8]]] {
    var batches: [[[UInt8]]] = []
    var size = 0
    for line in lines {
      if batches.isEmpty || size + line.count > largestBatch {
        batches.append([])
        size = 0
      }
      batches[batches.count - 1].append(line)
      size += line.count
    }
    return batches
  }
}
