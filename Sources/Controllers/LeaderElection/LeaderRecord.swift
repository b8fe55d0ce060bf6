import APIMachinery

/// What one server knows of a lease, and since when: a value that decides who may take it.
struct LeaderRecord: Sendable {
  private let identity: String
  private let duration: Duration
  private let clock = ContinuousClock()
  private var spec: JSONValue?
  /// When the lease was last seen to change.
  private var seen: ContinuousClock.Instant

  init(identity: String, duration: Duration) {
    self.identity = identity
    self.duration = duration
    seen = clock.now
  }

  /// Takes note of what it holds now.
  mutating func see(_ lease: StoredObject, at now: ContinuousClock.Instant? = nil) {
    let current = lease.value(at: "spec")
    guard current != spec else { return }
    spec = current
    seen = now ?? clock.now
  }

  private var holder: String { spec?["holderIdentity"]?.stringValue ?? "" }

  /// Whether it is ours, nobody's, or that of somebody who has been silent for as long as he promised to be heard.
  var mayBeTaken: Bool { mayBeTaken(at: clock.now) }

  func mayBeTaken(at now: ContinuousClock.Instant) -> Bool {
    guard !holder.isEmpty, holder != identity else { return true }
    let promised = spec?["leaseDurationSeconds"]?.integerValue.map { Duration.seconds($0) } ?? duration
    return now >= seen + promised
  }

  func isOurs(_ lease: StoredObject?) -> Bool {
    lease?.value(at: "spec", "holderIdentity")?.stringValue == identity
  }

  /// What it holds once it is taken, or renewed.
  func taken(from lease: StoredObject?) -> JSONObject {
    var spec = lease?.value(at: "spec")?.objectValue ?? [:]
    let now = JSONValue.string(Timestamp.now.inMicroseconds)
    if !isOurs(lease) {
      spec["acquireTime"] = now
      spec["leaseTransitions"] = .integer((spec["leaseTransitions"]?.integerValue).map { $0 + 1 } ?? 0)
    }
    spec["holderIdentity"] = .string(identity)
    spec["leaseDurationSeconds"] = .integer(duration.components.seconds)
    spec["renewTime"] = now
    return spec
  }

  /// What it holds once it is given back (client-go's `release`).
  func released(_ lease: StoredObject) -> JSONObject {
    var spec = taken(from: lease)
    spec["holderIdentity"] = ""
    spec["leaseDurationSeconds"] = 1
    return spec
  }
}
