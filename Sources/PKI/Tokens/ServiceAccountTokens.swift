import FoundationEssentials

/// Issues and verifies the tokens of service accounts.
///
///     let tokens = ServiceAccountTokens(issuer: "https://kubernetes.default.svc.cluster.local", key: key)
///     let token = try tokens.issue(namespace: "default", serviceAccount: …, audiences: […], lifetime: 3600)
///     let (claims, audiences) = try tokens.verify(token.text, audiences: […])
///
/// That the account, and what a token is bound to, are still there is for the caller to see.
public struct ServiceAccountTokens: Sendable {
  /// A token and when it ends.
  public struct Token: Sendable, Equatable {
    public let text: String
    /// Seconds since 1970: what is told to whoever asked (`status.expirationTimestamp`).
    public let expires: Int64
    public let id: String
  }

  /// Kubelet asks for tokens of this lifetime where a pod names none; those are the ones that are made to last longer.
  public static let extendedLifetime: Int64 = 3607
  /// How long they last in truth, in seconds.
  private static let year: Int64 = 365 * 86_400

  public let issuer: String
  /// The keys of the present.
  let keys: @Sendable () -> TokenKeys
  private let otherIssuers: [String]
  private let clock: WallClock

  /// - Parameters:
  ///   - issuer: the `iss` claim, a URL.
  ///   - key: signs new tokens.
  ///   - oldKeys: keys whose tokens are still accepted.
  ///   - otherIssuers: earlier names of the issuer, whose tokens are still accepted.
  public init(
    issuer: String, key: TokenSigningKey, oldKeys: [TokenVerificationKey] = [], otherIssuers: [String] = [],
    clock: WallClock = .system
  ) {
    let keys = TokenKeys(signer: key, others: oldKeys)
    self.init(issuer: issuer, otherIssuers: otherIssuers, clock: clock) { keys }
  }

  /// - Parameter keys: those of the present, asked for with each token: another one may sign by then.
  public init(
    issuer: String, otherIssuers: [String] = [], clock: WallClock = .system, keys: @escaping @Sendable () -> TokenKeys
  ) {
    self.issuer = issuer
    self.keys = keys
    self.otherIssuers = otherIssuers
    self.clock = clock
  }

  /// Issues a token.
  /// - Parameters:
  ///   - lifetime: in seconds.
  ///   - extends: a token of exactly `extendedLifetime` lasts a year and says from when it is used too long, as
  ///     kube-apiserver does for clients that read their token once.
  ///   - longest: seconds that one lasts at most that lasts longer than it is said to; nil for no limit.
  public func issue(
    namespace: String, serviceAccount: ServiceAccountClaims.Reference, binding: ServiceAccountClaims.Binding = .none,
    audiences: [String], lifetime: Int64, extends: Bool = false, atMost longest: Int64? = nil
  ) throws(PKIError) -> Token {
    let now = clock.now
    let extended = extends && lifetime == Self.extendedLifetime
    let id = UUID().uuidString.lowercased()
    let claims = ServiceAccountClaims(
      namespace: namespace, serviceAccount: serviceAccount, binding: binding, audiences: audiences, issuedAt: now,
      notBefore: now, expires: now + (extended ? min(Self.year, longest ?? Self.year) : lifetime),
      warnAfter: extended ? now + lifetime : nil, id: id)
    let payload = try TokenJSON.encode(ServiceAccountPayload(issuer: issuer, claims))
    // Whoever asked is told the lifetime that was asked for, so that it asks again in time.
    return Token(text: try SignedToken.sign(payload, with: keys().signer), expires: now + lifetime, id: id)
  }

  /// Whether a token claims to be ours, by its unverified issuer: others go to another authenticator.
  public func isOurs(_ text: String) -> Bool {
    guard let name = SignedToken.issuer(of: text) else { return false }
    return name == issuer || otherIssuers.contains(name)
  }

  /// Verifies a token.
  /// - Parameter audiences: those that the token may be for.
  /// - Returns: the claims, and those of `audiences` that the token is for.
  /// - Throws: `malformed`, `unsupported`, `signature`, `issuer`, `audience`, `expired`, `notYetValid`.
  public func verify(
    _ text: String, audiences: [String]
  ) throws(PKIError) -> (claims: ServiceAccountClaims, audiences: [String]) {
    let claims = try claims(of: text)
    return (claims, try check(claims, audiences: audiences))
  }

  /// The claims of a token whose signature holds: they stay what they are, and may be kept.
  /// - Throws: `malformed`, `unsupported`, `signature`, `issuer`.
  public func claims(of text: String) throws(PKIError) -> ServiceAccountClaims {
    let token = try SignedToken(text)
    try token.verify(with: keys().verifying)
    let payload = try TokenJSON.decode(ServiceAccountPayload.self, token.payload, what: "the token")
    guard payload.iss == issuer || otherIssuers.contains(payload.iss) else {
      throw PKIError(.issuer, "token issuer \"\(payload.iss)\" is invalid")
    }
    guard let claims = payload.claims() else {
      throw PKIError(.malformed, "the claims of the token are not those of a service account")
    }
    return claims
  }

  /// Whether claims hold now, and for whom.
  /// - Returns: those of `audiences` that the token is for.
  /// - Throws: `audience`, `expired`, `notYetValid`.
  public func check(_ claims: ServiceAccountClaims, audiences: [String]) throws(PKIError) -> [String] {
    let common = claims.audiences.filter { audiences.contains($0) }
    guard !common.isEmpty else {
      throw PKIError(
        .audience, "token audiences \(claims.audiences) is invalid for the target audiences \(audiences)")
    }
    try TokenTimes.check(
      expires: claims.expires, notBefore: claims.notBefore, now: clock.now, what: "service account token")
    return common
  }

  /// The keys that tokens are verified with, `/openid/v1/jwks`.
  public var keySet: JSONWebKeySet { JSONWebKeySet(keys().verifying) }

  /// The discovery document, `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0, section 3).
  /// - Parameter keySetURL: where `keySet` is served.
  public func discoveryDocument(keySetURL: String) throws(PKIError) -> [UInt8] {
    struct Document: Codable {
      let issuer: String
      let jwks_uri: String
      let response_types_supported: [String]
      let subject_types_supported: [String]
      let id_token_signing_alg_values_supported: [String]
    }
    let algorithms = Set(keys().verifying.compactMap { $0.algorithms.first?.rawValue })
    return try TokenJSON.encode(
      Document(
        issuer: issuer, jwks_uri: keySetURL, response_types_supported: ["id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: algorithms.sorted()))
  }
}
