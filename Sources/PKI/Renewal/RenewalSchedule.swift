/// When a certificate is due to be replaced: a pure function of its validity and the time.
public struct RenewalSchedule: Sendable {
  /// The share of its lifetime after which a certificate is replaced.
  private let share: Double
  /// The longest time until the clock is looked at again, in seconds: a clock that jumps is noticed that late.
  private let longestWait: Int64

  /// - Parameters:
  ///   - share: of the lifetime; at 0.7 a certificate of a year is replaced 110 days before its end.
  ///   - longestWait: in seconds.
  public init(share: Double = 0.7, longestWait: Int64 = 3600) {
    self.share = share
    self.longestWait = longestWait
  }

  /// How long to wait, in seconds; 0 where the certificate is due.
  ///
  /// One that is not valid yet is due as well: the clock was set back since it was issued.
  public func wait(_ certificate: IssuedCertificate, now: Int64) -> Int64 {
    guard now >= certificate.notBefore else { return 0 }
    let lifetime = Double(certificate.notAfter - certificate.notBefore)
    let due = certificate.notBefore + Int64(lifetime * share)
    return min(max(due - now, 0), longestWait)
  }
}
