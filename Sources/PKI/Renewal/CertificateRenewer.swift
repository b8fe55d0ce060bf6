/// Keeps a certificate fresh: issues a new one long before the old one ends, and hands it to whoever shows it.
///
///     let renewer = CertificateRenewer(current: issued) {
///       try authority.issueServerCertificate(…)
///     } deliver: { new in
///       try tls.replace(certificateChain: new.certificatePEM, privateKey: new.keyPEM)
///     }
///     try await renewer.run()
public actor CertificateRenewer {
  private let schedule: RenewalSchedule
  private let clock: WallClock
  private let sleep: @Sendable (_ seconds: Int64) async throws -> Void
  private let issue: @Sendable () async throws -> IssuedCertificate
  private let deliver: @Sendable (IssuedCertificate) async throws -> Void
  private let failed: @Sendable (any Error) -> Void

  /// What is shown now.
  public private(set) var current: IssuedCertificate
  /// Failures one after the other.
  private var failures = 0

  /// How long to wait after a failure, in seconds; each one doubles it up to the longest.
  private static let firstRetry: Int64 = 10
  private static let longestRetry: Int64 = 600

  /// - Parameters:
  ///   - current: what is shown at the start.
  ///   - sleep: waits; for tests.
  ///   - issue: makes the next certificate. It may fail, and is tried again.
  ///   - deliver: hands it on: writes it to disk, gives it to the listener. Where it fails, the old one stays and all is
  ///     tried again.
  ///   - failed: is told of failures.
  public init(
    current: IssuedCertificate, schedule: RenewalSchedule = RenewalSchedule(), clock: WallClock = .system,
    sleep: @escaping @Sendable (_ seconds: Int64) async throws -> Void = { try await Task.sleep(for: .seconds($0)) },
    issue: @escaping @Sendable () async throws -> IssuedCertificate,
    deliver: @escaping @Sendable (IssuedCertificate) async throws -> Void,
    failed: @escaping @Sendable (any Error) -> Void = { _ in }
  ) {
    self.current = current
    self.schedule = schedule
    self.clock = clock
    self.sleep = sleep
    self.issue = issue
    self.deliver = deliver
    self.failed = failed
  }

  /// Renews for as long as its task lives.
  /// - Throws: `CancellationError`.
  public func run() async throws {
    while true { try await sleep(try await step()) }
  }

  /// Replaces the certificate now: another authority signs, or others are trusted.
  /// - Throws: what `issue` and `deliver` throw; then the old one stays.
  public func renew() async throws {
    let next = try await issue()
    try await deliver(next)
    current = next
    failures = 0
  }

  /// Replaces the certificate where it is due; returns how many seconds to wait until the next look.
  /// - Throws: `CancellationError`.
  func step() async throws -> Int64 {
    let wait = schedule.wait(current, now: clock.now)
    if wait > 0 { return wait }
    do {
      try await renew()
      // One that is due at once, as an authority about to end issues it, must not make this spin.
      return max(schedule.wait(current, now: clock.now), Self.firstRetry)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      failed(error)
      failures += 1
      return min(Self.firstRetry << min(failures - 1, 10), Self.longestRetry)
    }
  }
}
