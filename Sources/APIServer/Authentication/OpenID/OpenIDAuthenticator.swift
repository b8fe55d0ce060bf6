import APIMachinery
import PKI

/// Gets a document over HTTPS from a server that a provider's authorities vouch for.
/// - Parameter accessToken: to be shown as a bearer token (RFC 6750).
public typealias OpenIDFetch = @Sendable (_ url: String, _ accessToken: String?) async throws -> [UInt8]

/// Bearers of an OpenID provider's identity tokens.
public struct OpenIDAuthenticator: TokenAuthenticator {
  private let configuration: OpenIDConfiguration
  private let issuer: OpenIDIssuer
  private let elsewhere: DistributedClaims?
  private let own: OwnAudience

  /// - Parameter audiences: the server's own names as an audience.
  public init(
    _ configuration: OpenIDConfiguration, audiences: [String], clock: WallClock = .system, fetch: @escaping OpenIDFetch
  ) {
    self.configuration = configuration
    own = OwnAudience(audiences: audiences)
    issuer = OpenIDIssuer(
      OpenIDTokenVerifier(
        issuer: configuration.issuer, audiences: configuration.audiences, algorithms: configuration.algorithms,
        clock: clock), discoveryURL: configuration.discoveryURL, fetch: fetch)
    elsewhere = configuration.mappings.groupsClaim.map {
      DistributedClaims($0, configuration, clock: clock, fetch: fetch)
    }
  }

  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    guard let common = own.common(with: audiences), issuer.verifier.isIssuer(of: token) else { return nil }
    var claims = try await issuer.claims(of: token)
    if let elsewhere { claims = try await elsewhere.expand(claims) }
    let user = try configuration.mappings.user(claims)
    try configuration.rules.check(claims, user)
    return TokenBearer(user: user, audiences: common)
  }
}
