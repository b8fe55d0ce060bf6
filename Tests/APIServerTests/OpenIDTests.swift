import APIMachinery
import PKI
import Synchronization
import Testing

@testable import APIServer

/// An issuer of tokens with a key that it may change.
private final class Issuer: Sendable {
  static let url = "https://issuer.example"
  private struct State {
    var key = TokenSigningKey()
    var fetched = 0
    var isBroken = false
    var name = Issuer.url
  }
  private let state = Mutex(State())

  struct Unreachable: Error {}

  var fetched: Int { state.withLock { $0.fetched } }
  func rotate() { state.withLock { $0.key = TokenSigningKey() } }
  func setBroken(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }
  func rename(_ name: String) { state.withLock { $0.name = name } }

  @Sendable func fetch(_ url: String, _ accessToken: String?) async throws -> [UInt8] {
    let (key, isBroken, name) = state.withLock { state in
      state.fetched += 1
      return (state.key, state.isBroken, state.name)
    }
    if isBroken { throw Unreachable() }
    let tokens = ServiceAccountTokens(issuer: name, key: key)
    return url.hasSuffix("/keys")
      ? try tokens.keySet.json : try tokens.discoveryDocument(keySetURL: Issuer.url + "/keys")
  }

  /// The claims are a service account's, which does not matter: `sub` and `aud` are what a provider's are.
  func token(audience: String = "apus") throws -> String {
    try ServiceAccountTokens(issuer: Issuer.url, key: state.withLock { $0.key }).issue(
      namespace: "n", serviceAccount: .init(name: "jane", uid: "u"), audiences: [audience], lifetime: 600
    ).text
  }
}

@Suite struct OpenIDTests {
  private let issuer = Issuer()

  private func authenticator(groups: String? = nil, required: [String] = []) throws -> OpenIDAuthenticator {
    let configuration = try OpenIDConfiguration(
      issuer: Issuer.url, clientID: "apus", groupsClaim: groups, requiredClaims: required, algorithms: ["ES256"])
    return OpenIDAuthenticator(configuration, audiences: ["here"], fetch: issuer.fetch)
  }

  private func refusal(_ work: () async throws -> Void) async -> String? {
    do {
      try await work()
      return nil
    } catch { return (error as? TokenRefusal)?.message }
  }

  @Test func keysAreFetchedOnceAndAgainWhenTheyChange() async throws {
    let authenticator = try authenticator()
    for _ in 0..<3 {
      let bearer = try await authenticator.bearer(of: try issuer.token(), audiences: ["here", "there"])
      #expect(bearer?.user.name == Issuer.url + "#system:serviceaccount:n:jane")
      #expect(bearer?.audiences == ["here"])
    }
    #expect(issuer.fetched == 2, "the document of the issuer, and its keys")
    let old = try issuer.token()
    issuer.rotate()
    #expect(try await authenticator.bearer(of: try issuer.token(), audiences: ["here"]) != nil)
    #expect(issuer.fetched == 3)
    #expect(await refusal { _ = try await authenticator.bearer(of: old, audiences: ["here"]) } != nil)
  }

  @Test func manyAtOnceFetchOnce() async throws {
    let authenticator = try authenticator()
    let token = try issuer.token()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<20 { group.addTask { try await authenticator.bearer(of: token, audiences: ["here"]) != nil } }
      for try await isKnown in group { #expect(isKnown) }
    }
    #expect(issuer.fetched == 2)
  }

  @Test func anIssuerThatIsAwayComesBack() async throws {
    let authenticator = try authenticator()
    issuer.setBroken(true)
    let words = await refusal { _ = try await authenticator.bearer(of: try issuer.token(), audiences: ["here"]) }
    #expect(words?.hasPrefix("oidc: fetching the provider's keys: ") == true)
    issuer.setBroken(false)
    #expect(try await authenticator.bearer(of: try issuer.token(), audiences: ["here"]) != nil)
  }

  @Test func anotherIssuersDocumentIsNotBelieved() async throws {
    let authenticator = try authenticator()
    issuer.rename("https://other.example")
    let words = await refusal { _ = try await authenticator.bearer(of: try issuer.token(), audiences: ["here"]) }
    #expect(words?.hasPrefix("oidc: issuer did not match the issuer returned by provider") == true)
  }

  @Test func tokensForOthersAreRefusedOrNotItsOwn() async throws {
    let authenticator = try authenticator()
    let other = try issuer.token(audience: "other")
    #expect(await refusal { _ = try await authenticator.bearer(of: other, audiences: ["here"]) } != nil)
    #expect(try await authenticator.bearer(of: "abcdef.0123456789abcdef", audiences: ["here"]) == nil)
    #expect(try await authenticator.bearer(of: try issuer.token(), audiences: ["there"]) == nil)
  }

  @Test func claimsThatMustBeThere() async throws {
    let token = try issuer.token()
    let missing = try authenticator(required: ["tier=gold"])
    #expect(
      await refusal { _ = try await missing.bearer(of: token, audiences: ["here"]) }
        == "oidc: required claim tier not present in ID token")
    let wrong = try authenticator(required: ["sub=other"])
    #expect(
      await refusal { _ = try await wrong.bearer(of: token, audiences: ["here"]) }
        == "oidc: required claim sub value does not match. Got = system:serviceaccount:n:jane, want = other")
    let groups = try authenticator(groups: "kubernetes.io")
    #expect(
      await refusal { _ = try await groups.bearer(of: token, audiences: ["here"]) }?.hasPrefix(
        "oidc: parse groups claim") == true)
  }

  @Test func namesHaveAPrefixUnlessTheyAreMailAddresses() throws {
    func prefix(_ claim: String, _ prefix: String?) throws -> String? {
      let configuration = try OpenIDConfiguration(
        issuer: Issuer.url, clientID: "a", usernameClaim: claim, usernamePrefix: prefix)
      if case .claim(claim, let prefix) = configuration.mappings.username { return prefix }
      return nil
    }
    #expect(try prefix("sub", nil) == Issuer.url + "#")
    #expect(try prefix("email", nil) == "")
    #expect(try prefix("sub", "-") == "")
    #expect(try prefix("email", "x:") == "x:")
  }

  @Test func configurationsThatCannotBe() {
    func invalid(_ issuer: String = Issuer.url, client: String = "a", claims: [String] = [], algorithms: [String] = [])
    {
      #expect(throws: OpenIDConfiguration.Invalid.self) {
        try OpenIDConfiguration(issuer: issuer, clientID: client, requiredClaims: claims, algorithms: algorithms)
      }
    }
    invalid("http://issuer.example")
    invalid("https://issuer.example?x=y")
    invalid(client: "")
    invalid(claims: ["x"])
    invalid(claims: ["=y"])
    invalid(algorithms: ["none"])
    invalid(algorithms: ["HS256"])
  }
}
