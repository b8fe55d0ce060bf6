import APIMachinery
import PKI

/// Fetches a claim that a token does not hold but names a place for: some providers keep large sets of groups elsewhere
/// (OpenID Connect Core 1.0, section 5.6.2).
///
/// What is found there is a token of its own, of whatever issuer it names: the first token vouches for the place.
actor DistributedClaims {
  /// Issuers whose keys are kept; a provider has one or two.
  private static let mostIssuers = 16

  private let claim: String
  private let configuration: OpenIDConfiguration
  private let clock: WallClock
  private let fetch: OpenIDFetch
  private var issuers: [String: OpenIDIssuer] = [:]

  init(_ claim: String, _ configuration: OpenIDConfiguration, clock: WallClock, fetch: @escaping OpenIDFetch) {
    self.claim = claim
    self.configuration = configuration
    self.clock = clock
    self.fetch = fetch
  }

  /// The claims with the one that is elsewhere.
  /// - Throws: `TokenRefusal`, `CancellationError`.
  func expand(_ claims: [String: ClaimValue]) async throws -> [String: ClaimValue] {
    guard claims[claim] == nil, let names = claims["_claim_names"] else { return claims }
    do {
      guard let (url, accessToken) = try place(names, claims["_claim_sources"]) else { return claims }
      var claims = claims
      claims[claim] = try await value(url, accessToken)
      return claims
    } catch let refusal as TokenRefusal {
      throw TokenRefusal("oidc: could not expand distributed claims: \(refusal.message)")
    }
  }

  /// Where the claim is; nil where it is not elsewhere. One that stands in the token, in a token of its own, is not read, as
  /// with kube-apiserver.
  private func place(_ names: ClaimValue, _ sources: ClaimValue?) throws(TokenRefusal) -> (url: String, String?)? {
    guard case .object(let names) = names, names.values.allSatisfy({ $0.string != nil }) else {
      throw TokenRefusal("oidc: error parsing distributed claim names: they are no object of strings")
    }
    guard let sources else { throw TokenRefusal("oidc: no claim sources") }
    guard case .object(let sources) = sources else {
      throw TokenRefusal("oidc: could not parse claim sources: they are no object")
    }
    guard let name = names[claim]?.string else { return nil }
    guard let source = sources[name] else {
      throw TokenRefusal("id token _claim_names contained a source \(name) missing in _claims_sources")
    }
    guard case .object(let fields) = source else {
      throw TokenRefusal("oidc: could not parse claim sources: \(name) is no object")
    }
    guard let url = fields["endpoint"]?.string, !url.isEmpty else { return nil }
    return (url, fields["access_token"]?.string)
  }

  private func value(_ url: String, _ accessToken: String?) async throws -> ClaimValue {
    guard url.hasPrefix("https://") else {
      throw TokenRefusal("while getting distributed claim \(claim.goQuoted): \(url) does not begin with https://")
    }
    let bytes: [UInt8]
    do { bytes = try await fetch(url, accessToken.flatMap { $0.isEmpty ? nil : $0 }) } catch let error
      as CancellationError
    { throw error } catch { throw TokenRefusal("while getting distributed claim \(claim.goQuoted): \(error)") }
    guard let token = String(validating: bytes, as: UTF8.self),
      let name = OpenIDTokenVerifier.unverifiedIssuer(of: token), name.hasPrefix("https://")
    else {
      throw TokenRefusal(
        "getting untrusted issuer from endpoint \(url) failed for claim \(claim.goQuoted): malformed token")
    }
    let claims: [String: ClaimValue]
    do { claims = try await issuer(name).claims(of: token) } catch let refusal as TokenRefusal {
      throw TokenRefusal("verify distributed claim token: \(refusal.message)")
    }
    guard let value = claims[claim] else {
      throw TokenRefusal(
        "jwt returned by distributed claim endpoint \(url.goQuoted) did not contain claim: \(claim)")
    }
    return value
  }

  private func issuer(_ name: String) -> OpenIDIssuer {
    if let known = issuers[name] { return known }
    if issuers.count >= Self.mostIssuers { issuers = [:] }
    let issuer = OpenIDIssuer(
      OpenIDTokenVerifier(
        issuer: name, audiences: configuration.audiences, algorithms: configuration.algorithms, clock: clock),
      discoveryURL: nil, fetch: fetch)
    issuers[name] = issuer
    return issuer
  }
}
