import FoundationEssentials
import Testing

@testable import PKI

@Suite struct LegacyServiceAccountTokenTests {
  private let tokens = ServiceAccountTokens(issuer: "https://cluster", key: TokenSigningKey())
  private let token = LegacyServiceAccountToken(
    namespace: "n", accountName: "robot", accountUID: "u1", secretName: "s")

  @Test func saysWhoseItIsAndDoesNotEnd() throws {
    let text = try tokens.issue(token)
    #expect(try tokens.verifyLegacy(text) == token)
    #expect(tokens.isLegacy(text) && !tokens.isOurs(text))
    let payload = String(decoding: try SignedToken(text).payload, as: UTF8.self)
    #expect(
      payload
        == #"{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"n","kubernetes.io/serviceaccount/secret.name":"s","kubernetes.io/serviceaccount/service-account.name":"robot","kubernetes.io/serviceaccount/service-account.uid":"u1","sub":"system:serviceaccount:n:robot"}"#
    )
  }

  @Test func isNotTakenForOneThatEnds() async throws {
    let text = try tokens.issue(token)
    #expect(await failure { _ = try tokens.verify(text, audiences: ["https://cluster"]) } != nil)
    let bound = try tokens.issue(
      namespace: "n", serviceAccount: .init(name: "robot", uid: "u1"), audiences: ["a"], lifetime: 600
    ).text
    #expect(await failure { _ = try tokens.verifyLegacy(bound) } != nil)
    #expect(!tokens.isLegacy(bound))
  }

  @Test func strangersTokensAreRefused() async throws {
    let stranger = ServiceAccountTokens(issuer: "https://cluster", key: TokenSigningKey())
    let text = try stranger.issue(token)
    #expect(await failure { _ = try tokens.verifyLegacy(text) } == .signature)
    #expect(await failure { _ = try tokens.verifyLegacy("a.b") } == .malformed)
    let nameless = LegacyServiceAccountToken(namespace: "n", accountName: "", accountUID: "u", secretName: "s")
    let signed = try tokens.issue(nameless)
    #expect(await failure { _ = try tokens.verifyLegacy(signed) } == .malformed)
  }
}
