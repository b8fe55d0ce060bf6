/// The keys that a cluster has signed tokens with, one after the other: which of them signs is told by the time alone.
///
/// A new key is published before it signs, so that whoever verifies tokens knows it by then. An old one verifies for
/// ever, since a token in a Secret does not end; its private half is forgotten when the next one signs.
///
///     made ── published ──▶ signs ────────────────────▶ next one signs ──── verifies ────▶
///     │◀─── `overlap` ───▶│   │◀─ next one is made `lifetime` after this one was ─▶
public struct TokenKeyGenerations: Sendable {
  /// When keys follow each other; everything in seconds.
  public struct Policy: Sendable {
    /// The age of the last key at which the next one is made.
    public var lifetime: Int64
    /// For how long a key is published before it signs.
    public var overlap: Int64

    /// A key for each year, published a week before it signs.
    public init(lifetime: Int64 = 365 * 86_400, overlap: Int64 = 7 * 86_400) {
      self.lifetime = lifetime
      self.overlap = overlap
    }
  }

  /// One key.
  public struct Generation: Sendable {
    /// Seconds since 1970; 0 where nobody has noted it.
    public let made: Int64
    /// Nil once it signs no more.
    public let signing: TokenSigningKey?
    public let verifying: TokenVerificationKey

    init(made: Int64, signing: TokenSigningKey?, verifying: TokenVerificationKey) {
      self.made = made
      self.signing = signing
      self.verifying = verifying
    }

    /// A new key.
    public init(made: Int64) {
      let key = TokenSigningKey()
      self.init(made: made, signing: key, verifying: key.verificationKey)
    }

    /// A key as it is kept: whole, or the public half alone.
    /// - Throws: `malformed`, `unsupported`.
    public init(made: Int64, pem: String) throws(PKIError) {
      guard pem.contains("PRIVATE KEY-----") else {
        self.init(made: made, signing: nil, verifying: try TokenVerificationKey(pem: pem))
        return
      }
      let key = try TokenSigningKey(pem: pem)
      self.init(made: made, signing: key, verifying: key.verificationKey)
    }
  }

  /// The oldest first; never empty.
  public private(set) var all: [Generation]
  private let policy: Policy

  init(_ first: Generation, policy: Policy = Policy()) {
    all = [first]
    self.policy = policy
  }

  /// - Parameter all: the oldest first; at least one.
  init(_ all: [Generation], policy: Policy) {
    self.all = all
    self.policy = policy
  }

  /// Others under the same policy.
  func replacing(_ all: [Generation]) -> TokenKeyGenerations {
    TokenKeyGenerations(all, policy: policy)
  }

  mutating func append(_ generation: Generation) { all.append(generation) }

  /// Its private half is forgotten.
  mutating func retire(_ index: Int) {
    all[index] = Generation(made: all[index].made, signing: nil, verifying: all[index].verifying)
  }

  /// Which of the keys signs: the newest that has been published for long enough, or else the oldest that can; nil
  /// where none can.
  public func signer(at now: Int64) -> Int? {
    let able = all.indices.filter { all[$0].signing != nil }
    return able.last { all[$0].made + policy.overlap <= now } ?? able.first
  }

  /// Those that can sign and are older than the one that does.
  func retiring(at now: Int64) -> [Int] {
    signer(at: now).map { signer in all.indices.filter { $0 < signer && all[$0].signing != nil } } ?? []
  }

  /// Whether the next key is to be made.
  public func isNextDue(at now: Int64) -> Bool {
    all[all.count - 1].made + policy.lifetime <= now || signer(at: now) == nil
  }

  /// The keys of the present; nil where none can sign.
  public func keys(at now: Int64) -> TokenKeys? {
    guard let signer = signer(at: now), let key = all[signer].signing else { return nil }
    return TokenKeys(
      signer: key, others: all.indices.reversed().filter { $0 != signer }.map { all[$0].verifying })
  }
}
