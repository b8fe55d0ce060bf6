/// Verifies the identity tokens of an OpenID Connect provider (OpenID Connect Core 1.0, section 3.1.3.7). Fetching the
/// provider's keys is the caller's work.
public struct OpenIDTokenVerifier: Sendable {
  private struct Registered: Decodable {
    let iss: String
    let sub: String?
    let aud: TokenAudience
    let exp: NumericDate
    let nbf: NumericDate?
    let iat: NumericDate?
  }

  public let issuer: String
  private let audiences: [String]
  private let algorithms: [TokenAlgorithm]
  private let clock: WallClock

  /// - Parameters:
  ///   - issuer: the `iss` claim, character for character.
  ///   - audiences: the token must be for one of them; usually the client's identifier.
  ///   - algorithms: those that are accepted.
  public init(
    issuer: String, audiences: [String], algorithms: [TokenAlgorithm] = [.rs256, .es256], clock: WallClock = .system
  ) {
    self.issuer = issuer
    self.audiences = audiences
    self.algorithms = algorithms
    self.clock = clock
  }

  /// Whether a token says that it is this provider's: others go to another authenticator.
  public func isIssuer(of text: String) -> Bool { SignedToken.issuer(of: text) == issuer }

  /// Who a token says has issued it; nil where it is none. Nobody has verified that.
  public static func unverifiedIssuer(of text: String) -> String? { SignedToken.issuer(of: text) }

  /// Verifies a token and gives all its claims.
  /// - Throws: `malformed`, `unsupported`, `signature`, `issuer`, `audience`, `expired`, `notYetValid`. After `signature`
  ///   a caller may fetch the keys again, not too often, since the provider may have changed them.
  public func verify(_ text: String, keys: JSONWebKeySet) throws(PKIError) -> [String: ClaimValue] {
    let token = try SignedToken(text)
    try token.verify(with: keys.keys, algorithms: algorithms)
    let registered = try TokenJSON.decode(Registered.self, token.payload, what: "the token")
    let claims = try TokenJSON.decode([String: ClaimValue].self, token.payload, what: "the token")
    guard registered.iss == issuer else {
      throw PKIError(.issuer, "the token was issued by \(registered.iss), not by \(issuer)")
    }
    guard registered.aud.values.contains(where: audiences.contains) else {
      throw PKIError(.audience, "the token is for \(registered.aud.values), not for one of \(audiences)")
    }
    try TokenTimes.check(
      expires: registered.exp.seconds, notBefore: registered.nbf?.seconds, issuedAt: registered.iat?.seconds,
      now: clock.now, what: "the token")
    return claims
  }
}
