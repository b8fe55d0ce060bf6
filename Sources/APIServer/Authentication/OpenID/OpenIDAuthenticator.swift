import APIMachinery
import PKI

/// Bearers of an OpenID provider's identity tokens.
public struct OpenIDAuthenticator: TokenAuthenticator {
  private let configuration: OpenIDConfiguration
  private let verifier: OpenIDTokenVerifier
  private let keys: OpenIDKeys
  private let own: OwnAudience

  /// - Parameters:
  ///   - audiences: the server's own names as an audience.
  ///   - fetch: gets a document over HTTPS from a server that the configuration's authorities vouch for.
  public init(
    _ configuration: OpenIDConfiguration, audiences: [String], clock: WallClock = .system,
    fetch: @escaping @Sendable (_ url: String) async throws -> [UInt8]
  ) {
    self.configuration = configuration
    own = OwnAudience(audiences: audiences)
    keys = OpenIDKeys(issuer: configuration.issuer, fetch: fetch)
    verifier = OpenIDTokenVerifier(
      issuer: configuration.issuer, audiences: [configuration.clientID], algorithms: configuration.algorithms,
      clock: clock)
  }

  public func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    guard let common = own.common(with: audiences), verifier.isIssuer(of: token) else { return nil }
    let claims = try await verify(token)
    let name = try userName(claims)
    let groups = try groups(claims)
    for (claim, value) in configuration.requiredClaims.sorted(by: { $0.key < $1.key }) {
      guard let given = claims[claim] else {
        throw TokenRefusal("oidc: required claim \(claim) not present in ID token")
      }
      guard let text = given.string else { throw TokenRefusal("oidc: parse claim \(claim): it is no string") }
      guard text == value else {
        throw TokenRefusal("oidc: required claim \(claim) value does not match. Got = \(text), want = \(value)")
      }
    }
    return TokenBearer(user: User(name: name, groups: groups), audiences: common)
  }

  /// - Throws: `TokenRefusal`.
  private func verify(_ token: String) async throws -> [String: ClaimValue] {
    do {
      let (known, number) = try await keys.current()
      do throws(PKIError) { return try verifier.verify(token, keys: known) } catch {
        guard error.code == .signature else { throw error }
      }
      // The provider may have other keys by now.
      return try verifier.verify(token, keys: try await keys.newer(than: number).keys)
    } catch let error as PKIError {
      throw TokenRefusal("oidc: verify token: \(error.message)")
    } catch let refusal as TokenRefusal {
      throw refusal
    } catch let error as CancellationError {
      throw error
    } catch {
      throw TokenRefusal("oidc: fetching the provider's keys: \(error)")
    }
  }

  private func userName(_ claims: [String: ClaimValue]) throws(TokenRefusal) -> String {
    let claim = configuration.usernameClaim
    guard let value = claims[claim] else {
      throw TokenRefusal("oidc: parse username claims \(claim.goQuoted): claim not present")
    }
    guard let name = value.string else {
      throw TokenRefusal("oidc: parse username claims \(claim.goQuoted): it is no string")
    }
    if claim == "email", let verified = claims["email_verified"] {
      guard let isVerified = verified.bool else {
        throw TokenRefusal("oidc: parse 'email_verified' claim: it is no bool")
      }
      guard isVerified else { throw TokenRefusal("oidc: email not verified") }
    }
    return configuration.usernamePrefix + name
  }

  private func groups(_ claims: [String: ClaimValue]) throws(TokenRefusal) -> [String] {
    guard let claim = configuration.groupsClaim else { return [] }
    guard let value = claims[claim], value != .null else {
      // Some providers keep large sets of groups elsewhere (OpenID Connect Core 1.0, section 5.6.2).
      if case .object(let names)? = claims["_claim_names"], names[claim] != nil {
        throw TokenRefusal(
          "oidc: could not expand distributed claims: this server does not fetch the claim \(claim) from elsewhere")
      }
      return []
    }
    guard let groups = value.strings else {
      throw TokenRefusal("oidc: parse groups claim \(claim.goQuoted): it is neither a string nor a list of strings")
    }
    return groups.map { configuration.groupsPrefix + $0 }
  }
}
