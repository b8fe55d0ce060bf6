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
  @Option(
    help:
      "Whether requests wait for the log: blocking, blocking-strict (none is worked on that could not be noted), or batch."
  )
  var auditLogMode = "blocking"

  @Option(help: "A kubeconfig of the webhook that events are sent to.") var auditWebhookConfigFile: String?
  @Option(
    help:
      "How events are sent: batch (many at once), blocking (each while its request waits), or blocking-strict (no request is worked on whose receipt could not be sent)."
  )
  var auditWebhookMode = "batch"
  @Option(help: "Events that are sent at once.") var auditWebhookBatchMaxSize = 400
  @Option(help: "How long an event waits for others, as in 30s.") var auditWebhookBatchMaxWait = "30s"
  @Option(help: "Events that wait to be sent; more are dropped.") var auditWebhookBatchBufferSize = 10_000
  @Option(help: "How long it lasts until events are sent once more that could not be, as in 10s.")
  var auditWebhookInitialBackoff = "10s"

  private static func time(_ text: String, _ flag: String) throws -> Duration {
    guard let time = GoDuration.nanoseconds(text), time > 0 else {
      throw ValidationError("--audit-webhook-\(flag) \(text): it must be a duration above zero, such as 10s")
    }
    return .nanoseconds(time)
  }

  private static func mode(_ text: String, _ flag: String) throws -> AuditMode {
    guard let mode = AuditMode(rawValue: text) else {
      let known = AuditMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--audit-\(flag)-mode \(text): it must be one of \(known)")
    }
    return mode
  }

  private func validateWebhook() throws {
    _ = try Self.mode(auditWebhookMode, "webhook")
    guard auditWebhookBatchMaxSize > 0 else {
      throw ValidationError("--audit-webhook-batch-max-size \(auditWebhookBatchMaxSize): it must be above zero")
    }
    guard auditWebhookBatchBufferSize >= auditWebhookBatchMaxSize else {
      throw ValidationError(
        "--audit-webhook-batch-buffer-size: it must not be less than --audit-webhook-batch-max-size")
    }
    _ = try Self.time(auditWebhookBatchMaxWait, "batch-max-wait")
    _ = try Self.time(auditWebhookInitialBackoff, "initial-backoff")
    guard auditWebhookConfigFile == nil || auditPolicyFile != nil else {
      throw ValidationError("--audit-webhook-config-file needs --audit-policy-file: without a policy nothing is kept")
    }
  }

  func validate() throws {
    try validateWebhook()
    _ = try Self.mode(auditLogMode, "log")
    guard auditLogFormat == "json" else {
      throw ValidationError("--audit-log-format \(auditLogFormat): it must be json")
    }
    for (name, value) in [
      ("maxsize", auditLogMaxsize), ("maxbackup", auditLogMaxbackup), ("maxage", auditLogMaxage),
    ] where !(0...Int(Int32.max)).contains(value) {
      throw ValidationError("--audit-log-\(name) \(value): it must be from 0 to \(Int32.max)")
    }
    guard auditLogPath == nil || auditPolicyFile != nil else {
      throw ValidationError("--audit-log-path needs --audit-policy-file: without a policy nothing is kept")
    }
    guard auditPolicyFile == nil || auditLogPath != nil || auditWebhookConfigFile != nil else {
      throw ValidationError(
        "--audit-policy-file needs --audit-log-path or --audit-webhook-config-file: there is nowhere to write to")
    }
  }

  /// Opens the log; nil where none is kept.
  /// - Parameter client: by which the webhook is reached.
  func open(_ client: OutboundClient, _ pool: BlockingPool) async throws -> AuditLog? {
    guard let file = auditPolicyFile else { return nil }
    let megabytes = auditLogMaxsize == 0 ? 100 : auditLogMaxsize
    let mode = try Self.mode(auditLogMode, "log")
    let settings = auditLogPath.map { path in
      AuditLog.Settings(
        path: path, largestFile: Int64(megabytes) << 20, backups: auditLogMaxbackup, days: auditLogMaxage, mode: mode)
    }
    return try await pool.run {
      let policy: AuditPolicy
      do { policy = try AuditPolicy(try FileSystem.read(file)) } catch let error as StatusError {
        throw ValidationError("--audit-policy-file \(file): \(error.message)")
      }
      return try AuditLog(policy, settings, webhook: try webhook(client)) { Log.error("the audit log: \($0)") }
    }
  }

  /// Nil where there is none. Blocks.
  private func webhook(_ client: OutboundClient) throws -> AuditWebhook? {
    guard let path = auditWebhookConfigFile else { return nil }
    let access: OutboundAccess
    do {
      access = try OutboundAccess(kubeconfig: try FileSystem.read(path), beside: path) { try FileSystem.read($0) }
    } catch let error as StatusError {
      throw ValidationError("--audit-webhook-config-file \(path): \(error.message)")
    }
    var settings = AuditWebhook.Settings(access)
    settings.mode = try Self.mode(auditWebhookMode, "webhook")
    settings.batch = auditWebhookBatchMaxSize
    settings.patience = try Self.time(auditWebhookBatchMaxWait, "batch-max-wait")
    settings.most = auditWebhookBatchBufferSize
    settings.pause = try Self.time(auditWebhookInitialBackoff, "initial-backoff")
    return AuditWebhook(settings, client: client) { Log.error("the audit webhook: \($0)") }
  }
}
