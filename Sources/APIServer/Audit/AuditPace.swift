/// How often batches of events are sent: a bucket that fills with time (kube-apiserver's `--audit-webhook-batch-throttle-…`).
public struct AuditPace: Sendable {
  private let perSecond: Double
  private let burst: Double
  private var tokens: Double
  private var seen: ContinuousClock.Instant?

  /// - Parameters:
  ///   - perSecond: batches a second in the long run; above zero.
  ///   - burst: batches at once after a rest; above zero.
  public init(perSecond: Double, burst: Int) {
    self.perSecond = perSecond
    self.burst = Double(burst)
    tokens = Double(burst)
  }

  /// How long the next batch must wait, which is sent then.
  mutating func delay(at now: ContinuousClock.Instant) -> Duration {
    if let seen { tokens = min(burst, tokens + (now - seen) / .seconds(1) * perSecond) }
    seen = now
    tokens -= 1
    return tokens >= 0 ? .zero : .seconds(-tokens / perSecond)
  }
}
