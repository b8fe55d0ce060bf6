import PKI
import Synchronization
import Testing

@testable import APIServer

/// Groups that a provider keeps elsewhere.
@Suite final class DistributedClaimsTests: Sendable {
  private static let login = "https://login.example"
  private static let directory = "https://directory.example"
  private let key = TokenSigningKey()
  private let asked = Mutex<[String: String?]>([:])

  /// Serves the documents of both issuers, and at `/groups` what is given.
  private func expand(
    _ claims: [String: ClaimValue], answer: String = ""
  ) async throws -> [String: ClaimValue] {
    let configuration = try OpenIDConfiguration(
      issuer: Self.login, clientID: "apus", groupsClaim: "kubernetes.io", algorithms: ["ES256"])
    let key = key
    return try await DistributedClaims("kubernetes.io", configuration, clock: .system) { [self] url, accessToken in
      asked.withLock { $0[url] = accessToken }
      if url == Self.directory + "/groups" { return Array(answer.utf8) }
      let tokens = ServiceAccountTokens(issuer: Self.directory, key: key)
      return url.hasSuffix("/keys")
        ? try tokens.keySet.json : try tokens.discoveryDocument(keySetURL: Self.directory + "/keys")
    }.expand(claims)
  }

  private func token(issuer: String = directory, audience: String = "apus", key: TokenSigningKey? = nil) throws
    -> String
  {
    try ServiceAccountTokens(issuer: issuer, key: key ?? self.key).issue(
      namespace: "n", serviceAccount: .init(name: "jane", uid: "u"), audiences: [audience], lifetime: 600
    ).text
  }

  private func claims(_ source: [String: ClaimValue]) -> [String: ClaimValue] {
    [
      "sub": .string("jane"), "_claim_names": .object(["kubernetes.io": .string("src")]),
      "_claim_sources": .object(["src": .object(source)]),
    ]
  }

  private var place: [String: ClaimValue] {
    ["endpoint": .string(Self.directory + "/groups"), "access_token": .string("f005ba11")]
  }

  @Test func theClaimIsFetched() async throws {
    let expanded = try await expand(claims(place), answer: try token())
    guard case .object(let value)? = expanded["kubernetes.io"] else { throw TokenRefusal("no claim") }
    #expect(value["namespace"] == .string("n"))
    #expect(expanded["sub"] == .string("jane"))
    #expect(asked.withLock { $0[Self.directory + "/groups"] } == "f005ba11")
    #expect(asked.withLock { $0[Self.directory + "/keys"] } == .some(nil), "the access token is for the one place")
  }

  @Test func whatIsInTheTokenIsNotLookedForElsewhere() async throws {
    var claims = claims(place)
    claims["kubernetes.io"] = .array([])
    #expect(try await expand(claims) == claims)
    let others: [String: ClaimValue] = ["_claim_names": .object(["x": .string("y")]), "_claim_sources": .object([:])]
    #expect(try await expand(others) == others)
    // In a token of its own: not read.
    let aggregated = self.claims(["JWT": .string("a.b.c")])
    #expect(try await expand(aggregated) == aggregated)
    #expect(asked.withLock { $0.isEmpty })
  }

  private func refusal(_ claims: [String: ClaimValue], answer: String = "") async -> String? {
    do {
      _ = try await expand(claims, answer: answer)
      return nil
    } catch { return (error as? TokenRefusal)?.message }
  }

  @Test func whatCannotBeBelieved() async throws {
    let prefix = "oidc: could not expand distributed claims: "
    for (answer, words) in [
      ("nonsense", "getting untrusted issuer from endpoint \(Self.directory)/groups failed"),
      (try token(audience: "other"), "verify distributed claim token: "),
      (try token(key: TokenSigningKey()), "verify distributed claim token: "),
      (try token(issuer: Self.login), "verify distributed claim token: "),
      (try token(issuer: "http://directory.example"), "getting untrusted issuer from endpoint"),
    ] {
      let message = await refusal(claims(place), answer: answer)
      #expect(message?.hasPrefix(prefix + words) == true, "\(message ?? "")")
    }
    for (claims, words) in [
      (["_claim_names": .string("x")], "oidc: error parsing distributed claim names"),
      (["_claim_names": .object(["kubernetes.io": .string("a")])], "oidc: no claim sources"),
      (
        ["_claim_names": .object(["kubernetes.io": .string("a")]), "_claim_sources": .object([:])],
        "id token _claim_names contained a source a missing in _claims_sources"
      ),
      (claims(["endpoint": .string("http://directory.example/groups")]), "while getting distributed claim"),
    ] as [([String: ClaimValue], String)] {
      let message = await refusal(claims)
      #expect(message?.hasPrefix(prefix + words) == true, "\(message ?? "")")
    }
  }
}
