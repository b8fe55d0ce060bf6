import APIMachinery
import APIServer
import ArgumentParser
import ContainerEngine
import Linux

/// The flags of the webhook that audit events are sent to; named as kube-apiserver's.
struct AuditWebhookOptions: ParsableArguments {
  @Option(help: "A kubeconfig of the webhook that events are sent to.") var auditWebhookConfigFile: String?
  @Option(help: "The version in which events are sent: audit.k8s.io/v1.") var auditWebhookVersion =
    AuditOptions.version
  @Option(
    help:
      "How events are sent: batch (many at once), blocking (each while its request waits), or blocking-strict (no request is worked on whose receipt could not be sent)."
  )
  var auditWebhookMode = "batch"
  @Option(help: "Events that are sent at once.") var auditWebhookBatchMaxSize = 400
  @Option(help: "How long an event waits for others, as in 30s.") var auditWebhookBatchMaxWait = "30s"
  @Option(help: "Events that wait to be sent; more are dropped.") var auditWebhookBatchBufferSize = 10_000
  @Option(help: "Whether batches are sent only so often: true or false.") var auditWebhookBatchThrottleEnable = true
  @Option(help: "How many batches are sent a second, in the long run.") var auditWebhookBatchThrottleQps = 10.0
  @Option(help: "How many batches are sent at once after a rest.") var auditWebhookBatchThrottleBurst = 15
  @Option(help: "How long it lasts until events are sent once more that could not be, as in 10s.")
  var auditWebhookInitialBackoff = "10s"
  @Option(help: "Whether large events are sent without what was sent and answered: true or false.")
  var auditWebhookTruncateEnabled = false
  @Option(help: "Bytes after which an event is large; one that still is without both is not sent.")
  var auditWebhookTruncateMaxEventSize = 100 << 10
  @Option(help: "Bytes of events that are sent at once, where large ones are not.")
  var auditWebhookTruncateMaxBatchSize = 10 << 20

  private static func time(_ text: String, _ flag: String) throws -> Duration {
    guard let time = GoDuration.nanoseconds(text), time > 0 else {
      throw ValidationError("--audit-webhook-\(flag) \(text): it must be a duration above zero, such as 10s")
    }
    return .nanoseconds(time)
  }

  func validate() throws {
    try AuditOptions.checkVersion(auditWebhookVersion, "webhook")
    _ = try AuditOptions.mode(auditWebhookMode, "webhook")
    guard auditWebhookBatchMaxSize > 0 else {
      throw ValidationError("--audit-webhook-batch-max-size \(auditWebhookBatchMaxSize): it must be above zero")
    }
    guard auditWebhookBatchBufferSize >= auditWebhookBatchMaxSize else {
      throw ValidationError(
        "--audit-webhook-batch-buffer-size: it must not be less than --audit-webhook-batch-max-size")
    }
    _ = try Self.time(auditWebhookBatchMaxWait, "batch-max-wait")
    _ = try Self.time(auditWebhookInitialBackoff, "initial-backoff")
    guard auditWebhookBatchThrottleQps > 0, auditWebhookBatchThrottleQps.isFinite else {
      throw ValidationError("--audit-webhook-batch-throttle-qps \(auditWebhookBatchThrottleQps): it must be above zero")
    }
    guard auditWebhookBatchThrottleBurst > 0 else {
      throw ValidationError(
        "--audit-webhook-batch-throttle-burst \(auditWebhookBatchThrottleBurst): it must be above zero")
    }
    _ = try limits()
  }

  private func limits() throws -> AuditLimits? {
    try AuditOptions.limits(
      "webhook", isOn: auditWebhookTruncateEnabled, event: auditWebhookTruncateMaxEventSize,
      batch: auditWebhookTruncateMaxBatchSize)
  }

  /// Nil where there is none. Blocks.
  func webhook(_ client: OutboundClient) throws -> AuditWebhook? {
    guard let path = auditWebhookConfigFile else { return nil }
    let access: OutboundAccess
    do {
      access = try OutboundAccess(kubeconfig: try FileSystem.read(path), beside: path) { try FileSystem.read($0) }
    } catch let error as StatusError {
      throw ValidationError("--audit-webhook-config-file \(path): \(error.message)")
    }
    var settings = AuditWebhook.Settings(access)
    settings.mode = try AuditOptions.mode(auditWebhookMode, "webhook")
    settings.batch = auditWebhookBatchMaxSize
    settings.patience = try Self.time(auditWebhookBatchMaxWait, "batch-max-wait")
    settings.most = auditWebhookBatchBufferSize
    settings.pause = try Self.time(auditWebhookInitialBackoff, "initial-backoff")
    settings.pace =
      auditWebhookBatchThrottleEnable
      ? AuditPace(perSecond: auditWebhookBatchThrottleQps, burst: auditWebhookBatchThrottleBurst) : nil
    settings.limits = try limits()
    return AuditWebhook(settings, client: client) { Log.error("the audit webhook: \($0)") }
  }
}
