import APIMachinery
import APIServer
import ArgumentParser
import AsyncWork
import ContainerEngine
import Linux

/// The flags of the audit log.
struct AuditOptions: ParsableArguments {
  @Option(help: "Which requests the audit log keeps, and how much of them: a file of kind Policy of audit.k8s.io/v1.")
  var auditPolicyFile: String?
  @Option(help: "Where the audit log is written; - is the standard output.") var auditLogPath: String?
  @Option(help: "Megabytes after which a file of the audit log is put aside.") var auditLogMaxsize = 100
  @Option(help: "How many files that were put aside are kept; 0: all.") var auditLogMaxbackup = 0
  @Option(help: "Days after which a file that was put aside is removed; 0: never.") var auditLogMaxage = 0
  @Option(help: "How events are written: json.") var auditLogFormat = "json"

  func validate() throws {
    guard auditLogFormat == "json" else {
      throw ValidationError("--audit-log-format \(auditLogFormat): it must be json")
    }
    for (name, value) in [
      ("maxsize", auditLogMaxsize), ("maxbackup", auditLogMaxbackup), ("maxage", auditLogMaxage),
    ] where value < 0 {
      throw ValidationError("--audit-log-\(name) \(value): it must not be negative")
    }
    guard auditLogPath == nil || auditPolicyFile != nil else {
      throw ValidationError("--audit-log-path needs --audit-policy-file: without a policy nothing is kept")
    }
    guard auditPolicyFile == nil || auditLogPath != nil else {
      throw ValidationError("--audit-policy-file needs --audit-log-path: there is nowhere to write to")
    }
  }

  /// Opens the log; nil where none is kept.
  func open(_ pool: BlockingPool) async throws -> AuditLog? {
    guard let file = auditPolicyFile, let path = auditLogPath else { return nil }
    let megabytes = auditLogMaxsize == 0 ? 100 : auditLogMaxsize
    let settings = AuditLog.Settings(
      path: path, largestFile: Int64(megabytes) << 20, backups: auditLogMaxbackup, days: auditLogMaxage)
    return try await pool.run {
      let policy: AuditPolicy
      do { policy = try AuditPolicy(try FileSystem.read(file)) } catch let error as StatusError {
        throw ValidationError("--audit-policy-file \(file): \(error.message)")
      }
      return try AuditLog(policy, settings) { Log.error("the audit log: \($0)") }
    }
  }
}
