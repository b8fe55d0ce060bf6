/// The authorities that a cluster has had, one after the other: which of them signs, and which are trusted, is told by
/// the time alone.
///
/// A new authority is trusted long before it signs, so that everybody has heard of it by then; an old one is trusted
/// until it ends, and everything that it has signed ends before that.
///
///     made ──── trusted ────▶ signs ──────────────────────────▶ next one signs ──── trusted ────▶ ended
///     │◀──── `overlap` ────▶│                                  │◀ `renewal` − `overlap` ▶│
public struct AuthorityGenerations: Sendable {
  /// When authorities follow each other; everything in seconds.
  public struct Policy: Sendable {
    /// How long an authority lasts.
    public var lifetime: Int64
    /// What is left of the last authority's time when the next one is made.
    public var renewal: Int64
    /// For how long a new authority is trusted before it signs: the longest lifetime of what tells clients whom to trust.
    public var overlap: Int64

    /// Ten years, of which the last three see the next authority, and the last two see it sign.
    public init(lifetime: Int64 = 10 * 365 * 86_400, renewal: Int64 = 3 * 365 * 86_400, overlap: Int64 = 365 * 86_400) {
      self.lifetime = lifetime
      self.renewal = renewal
      self.overlap = overlap
    }
  }

  /// The oldest first; never empty.
  public private(set) var all: [Authority]
  private let policy: Policy

  public init(_ first: Authority, policy: Policy = Policy()) {
    all = [first]
    self.policy = policy
  }

  /// Adds the next authority.
  public mutating func append(_ authority: Authority) { all.append(authority) }

  /// The authority that signs: the newest that has been trusted for long enough, or else the one that has been trusted
  /// longest and has not ended.
  public func signer(at now: Int64) -> Authority {
    let living = all.filter { now < $0.notAfter }
    let known = living.last { $0.notBefore + Authority.backdate + policy.overlap <= now }
    return known ?? living.first ?? all[all.count - 1]
  }

  /// The authorities that are trusted, the one that signs first.
  public func trusted(at now: Int64) -> [Authority] {
    let signer = signer(at: now)
    let others = all.filter { now <= $0.notAfter && $0.certificatePEM != signer.certificatePEM }
    return [signer] + others.reversed()
  }

  /// The certificates of the trusted ones, as a file of authorities holds them.
  public func bundle(at now: Int64) -> String { trusted(at: now).map(\.certificatePEM).joined() }

  /// Whether the next authority is to be made.
  public func isNextDue(at now: Int64) -> Bool { all[all.count - 1].notAfter - policy.renewal <= now }
}
