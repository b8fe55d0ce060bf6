import APIServer
import ArgumentParser

/// The flags of the audit log in a file; named as kube-apiserver's.
struct AuditLogOptions: ParsableArguments {
  @Option(help: "Where the audit log is written; - is the standard output.") var auditLogPath: String?
  @Option(help: "Megabytes after which a file of the audit log is put aside.") var auditLogMaxsize = 100
  @Option(help: "How many files that were put aside are kept; 0: all.") var auditLogMaxbackup = 0
  @Option(help: "Days after which a file that was put aside is removed; 0: never.") var auditLogMaxage = 0
  @Option(help: "Whether files that were put aside are compressed: true or false.") var auditLogCompress = false
  @Option(help: "How events are written: json.") var auditLogFormat = "json"
  @Option(help: "The version in which events are written: audit.k8s.io/v1.") var auditLogVersion =
    AuditOptions.version
  @Option(
    help:
      "Whether requests wait for the log: blocking, blocking-strict (none is worked on that could not be noted), or batch."
  )
  var auditLogMode = "blocking"
  @Option(help: "Events that wait to be written in the mode batch; more are dropped.") var auditLogBatchBufferSize =
    10_000
  @Option(help: "Whether large events are written without what was sent and answered: true or false.")
  var auditLogTruncateEnabled = false
  @Option(help: "Bytes after which an event is large; one that still is without both is not written.")
  var auditLogTruncateMaxEventSize = 100 << 10
  @Option(help: "Bytes of events that are written at once; of no effect but that it must not be less than one's.")
  var auditLogTruncateMaxBatchSize = 10 << 20

  func validate() throws {
    _ = try AuditOptions.mode(auditLogMode, "log")
    guard auditLogFormat == "json" else {
      throw ValidationError("--audit-log-format \(auditLogFormat): it must be json")
    }
    try AuditOptions.checkVersion(auditLogVersion, "log")
    for (name, value) in [
      ("maxsize", auditLogMaxsize), ("maxbackup", auditLogMaxbackup), ("maxage", auditLogMaxage),
    ] where !(0...Int(Int32.max)).contains(value) {
      throw ValidationError("--audit-log-\(name) \(value): it must be from 0 to \(Int32.max)")
    }
    guard auditLogBatchBufferSize > 0 else {
      throw ValidationError("--audit-log-batch-buffer-size \(auditLogBatchBufferSize): it must be above zero")
    }
    _ = try limits()
  }

  private func limits() throws -> AuditLimits? {
    try AuditOptions.limits(
      "log", isOn: auditLogTruncateEnabled, event: auditLogTruncateMaxEventSize, batch: auditLogTruncateMaxBatchSize)
  }

  /// Nil where no file is written.
  func settings() throws -> AuditLog.Settings? {
    guard let path = auditLogPath else { return nil }
    let megabytes = auditLogMaxsize == 0 ? 100 : auditLogMaxsize
    return AuditLog.Settings(
      path: path, largestFile: Int64(megabytes) << 20, backups: auditLogMaxbackup, days: auditLogMaxage,
      compresses: auditLogCompress, mode: try AuditOptions.mode(auditLogMode, "log"), most: auditLogBatchBufferSize,
      limits: try limits())
  }
}
