import APIMachinery
import APIServer
import ArgumentParser
import AsyncWork
import ContainerEngine
import Linux

/// What is kept in the audit log, wherever it is written to; named as kube-apiserver's.
struct AuditOptions: ParsableArguments {
  @Option(help: "Which requests the audit log keeps, and how much of them: a file of kind Policy of audit.k8s.io/v1.")
  var auditPolicyFile: String?

  /// The only version of events that there is since v1.24.
  static let version = "audit.k8s.io/v1"

  static func mode(_ text: String, _ flag: String) throws -> AuditMode {
    guard let mode = AuditMode(rawValue: text) else {
      let known = AuditMode.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("--audit-\(flag)-mode \(text): it must be one of \(known)")
    }
    return mode
  }

  static func checkVersion(_ text: String, _ flag: String) throws {
    guard text == version else { throw ValidationError("--audit-\(flag)-version \(text): it must be \(version)") }
  }

  /// Nil where events may be as large as they are.
  static func limits(_ flag: String, isOn: Bool, event: Int, batch: Int) throws -> AuditLimits? {
    guard event > 0 else {
      throw ValidationError("--audit-\(flag)-truncate-max-event-size \(event): it must be above zero")
    }
    guard batch >= event else {
      throw ValidationError(
        "--audit-\(flag)-truncate-max-batch-size \(batch): it must not be less than --audit-\(flag)-truncate-max-event-size"
      )
    }
    return isOn ? AuditLimits(largestEvent: event, largestBatch: batch) : nil
  }

  func validate(_ log: AuditLogOptions, _ webhook: AuditWebhookOptions) throws {
    guard webhook.auditWebhookConfigFile == nil || auditPolicyFile != nil else {
      throw ValidationError("--audit-webhook-config-file needs --audit-policy-file: without a policy nothing is kept")
    }
    guard log.auditLogPath == nil || auditPolicyFile != nil else {
      throw ValidationError("--audit-log-path needs --audit-policy-file: without a policy nothing is kept")
    }
    guard auditPolicyFile == nil || log.auditLogPath != nil || webhook.auditWebhookConfigFile != nil else {
      throw ValidationError(
        "--audit-policy-file needs --audit-log-path or --audit-webhook-config-file: there is nowhere to write to")
    }
  }

  /// Opens the log; nil where none is kept.
  /// - Parameter client: by which the webhook is reached.
  func open(
    _ log: AuditLogOptions, _ webhook: AuditWebhookOptions, _ client: OutboundClient, _ pool: BlockingPool
  ) async throws -> AuditLog? {
    guard let file = auditPolicyFile else { return nil }
    let settings = try log.settings()
    return try await pool.run {
      let policy: AuditPolicy
      do { policy = try AuditPolicy(try FileSystem.read(file)) } catch let error as StatusError {
        throw ValidationError("--audit-policy-file \(file): \(error.message)")
      }
      return try AuditLog(policy, settings, webhook: try webhook.webhook(client)) { Log.error("the audit log: \($0)") }
    }
  }
}
