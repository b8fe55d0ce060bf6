import APIMachinery
import Synchronization

/// Takes no more events than its configuration allows, of all, of each namespace, user, or source (admission plugin
/// EventRateLimit).
public final class EventRateLimit: Admission {
  /// What may still come from one side: a bucket that fills with time.
  struct Bucket: Sendable {
    private var tokens: Double
    private var seen: ContinuousClock.Instant

    init(_ limit: EventRateLimitConfiguration.Limit, at now: ContinuousClock.Instant) {
      tokens = Double(limit.burst)
      seen = now
    }

    /// - Returns: false where nothing is left.
    mutating func take(_ limit: EventRateLimitConfiguration.Limit, at now: ContinuousClock.Instant) -> Bool {
      tokens = min(Double(limit.burst), tokens + (now - seen) / .seconds(1) * Double(limit.rate))
      seen = now
      guard tokens >= 1 else { return false }
      tokens -= 1
      return true
    }

    fileprivate var lastUse: ContinuousClock.Instant { seen }
  }

  private static let events = GroupResource(group: "", resource: "events")

  private let limits: [EventRateLimitConfiguration.Limit]
  private let buckets: Mutex<[[String: Bucket]]>

  /// - Parameter configuration: nil where the plugin was told nothing, and has no limit.
  public init(_ configuration: EventRateLimitConfiguration?) {
    limits = configuration?.limits ?? []
    buckets = Mutex(limits.map { _ in [:] })
  }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.creates(Self.events) || request.updates(Self.events), !request.isDryRun else { return }
    let now = ContinuousClock.now
    let refused = buckets.withLock { buckets in
      var refused: (scope: String, key: String)?
      for (index, limit) in limits.enumerated() {
        let key = Self.key(of: request, limit.scope)
        if buckets[index][key] == nil { Self.makeRoom(in: &buckets[index], limit) }
        var bucket = buckets[index][key] ?? Bucket(limit, at: now)
        if !bucket.take(limit, at: now) { refused = (limit.scope.rawValue, key) }
        buckets[index][key] = bucket
      }
      return refused
    }
    guard let refused else { return }
    throw StatusError(
      .tooManyRequests, "Too many requests: limit reached on type \(refused.scope) for key \(refused.key)")
  }

  private static func makeRoom(in buckets: inout [String: Bucket], _ limit: EventRateLimitConfiguration.Limit) {
    guard buckets.count >= limit.size, let oldest = buckets.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
      return
    }
    buckets[oldest.key] = nil
  }

  private static func key(of request: AdmissionRequest, _ scope: EventRateLimitConfiguration.Scope) -> String {
    switch scope {
    case .server: ""
    case .namespace: request.namespace
    case .user: request.user.name
    case .sourceAndObject:
      [
        ("source", "component"), ("source", "host"), ("involvedObject", "kind"), ("involvedObject", "namespace"),
        ("involvedObject", "name"), ("involvedObject", "uid"), ("involvedObject", "apiVersion"),
      ].map { request.object?[$0]?[$1]?.stringValue ?? "" }.joined()
    }
  }
}
