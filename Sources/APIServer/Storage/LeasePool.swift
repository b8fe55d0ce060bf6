import KeyValueStore

/// Leases for objects that go after a time. One lease is for all objects of a while, so that there are few of them: it lasts
/// that much longer (kube-apiserver's lease manager).
actor LeasePool {
  /// How long one lease is given to new objects, at most.
  private static let longestReuse = Duration.seconds(60)
  private static let mostObjects = 1000

  private let store: any RevisionedStore
  private let lifetime: Duration
  private let reuse: Duration
  private let now: @Sendable () -> ContinuousClock.Instant
  private var current: (lease: Lease, until: ContinuousClock.Instant, objects: Int)?

  /// - Parameter lifetime: how long an object is there after it was written last.
  init(
    _ store: any RevisionedStore, lifetime: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.store = store
    self.lifetime = lifetime
    // A twentieth of the time is not missed.
    reuse = min(Self.longestReuse, lifetime / 20)
    self.now = now
  }

  /// The lease that an object is to be written with.
  func lease() async throws(StoreError) -> Lease {
    if let known = current, now() < known.until, known.objects < Self.mostObjects {
      current?.objects += 1
      return known.lease
    }
    let until = now() + reuse
    let seconds = ((lifetime + reuse) / .seconds(1)).rounded(.up)
    let lease = try await store.grantLease(seconds: Int64(seconds))
    current = (lease, until, 1)
    return lease
  }

  /// A lease has ended before its time.
  func forget(_ lease: Lease) { if current?.lease == lease { current = nil } }
}
