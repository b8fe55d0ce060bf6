import Testing

@testable import PKI

@Suite struct ServiceAccountTokensTests {
  private let time = FakeClock(1_800_000_000)
  private let key = TokenSigningKey()
  private let account = ServiceAccountClaims.Reference(name: "builder", uid: "u-1")

  private func tokens(
    issuer: String = "https://kubernetes.default.svc", old: [TokenVerificationKey] = [], others: [String] = []
  ) -> ServiceAccountTokens {
    ServiceAccountTokens(issuer: issuer, key: key, oldKeys: old, otherIssuers: others, clock: time.clock)
  }

  private func issue(
    _ binding: ServiceAccountClaims.Binding = .none, audiences: [String] = ["api", "vault"], lifetime: Int64 = 3600,
    extends: Bool = false
  ) throws -> ServiceAccountTokens.Token {
    try tokens().issue(
      namespace: "ci", serviceAccount: account, binding: binding, audiences: audiences, lifetime: lifetime,
      extends: extends)
  }

  private func payload(_ token: String) throws -> String {
    String(decoding: try SignedToken(token).payload, as: UTF8.self)
  }

  @Test func saysWhatKubernetesSays() throws {
    let token = try issue(.pod(.init(name: "p", uid: "u-2"), node: .init(name: "n", uid: "u-3")))
    #expect(token.expires == time.now + 3600)
    #expect(
      try payload(token.text)
        == #"{"aud":["api","vault"],"exp":1800003600,"iat":1800000000,"iss":"https://kubernetes.default.svc","jti":"\#(token.id)","#
        + #""kubernetes.io":{"namespace":"ci","node":{"name":"n","uid":"u-3"},"pod":{"name":"p","uid":"u-2"},"serviceaccount":{"name":"builder","uid":"u-1"}},"#
        + #""nbf":1800000000,"sub":"system:serviceaccount:ci:builder"}"#)
  }

  @Test func readsBackWhatItIsBoundTo() throws {
    let pod = ServiceAccountClaims.Reference(name: "p", uid: "u-2")
    let node = ServiceAccountClaims.Reference(name: "n", uid: nil)
    for binding in [.none, .pod(pod, node: nil), .pod(pod, node: node), .secret(pod), .node(node)]
      as [ServiceAccountClaims.Binding]
    {
      let token = try issue(binding)
      let (claims, audiences) = try tokens().verify(token.text, audiences: ["vault", "other"])
      #expect(audiences == ["vault"])
      #expect(
        claims
          == ServiceAccountClaims(
            namespace: "ci", serviceAccount: account, binding: binding, audiences: ["api", "vault"],
            issuedAt: time.now, notBefore: time.now, expires: time.now + 3600, id: token.id))
      #expect(claims.subject == "system:serviceaccount:ci:builder")
    }
  }

  @Test func lastsLongerForThoseWhoReadItOnce() throws {
    let token = try issue(lifetime: ServiceAccountTokens.extendedLifetime, extends: true)
    #expect(token.expires == time.now + 3607)
    let (claims, _) = try tokens().verify(token.text, audiences: ["api"])
    #expect(claims.expires == time.now + 365 * day && claims.warnAfter == time.now + 3607)
    let other = try issue(lifetime: 3600, extends: true)
    #expect(try tokens().verify(other.text, audiences: ["api"]).claims.warnAfter == nil)
  }

  @Test func followsTheClockWhereverItJumps() async throws {
    let token = try issue().text
    let start = time.now
    func code(at now: Int64) async -> PKIError.Code? {
      time.now = now
      return await failure { _ = try tokens().verify(token, audiences: ["api"]) }
    }
    #expect(await code(at: start + 3660) == nil)
    #expect(await code(at: start + 3661) == .expired)
    #expect(await code(at: start + 1000 * day) == .expired)
    #expect(await code(at: start + 10) == nil)
    #expect(await code(at: start - 60) == nil)
    #expect(await code(at: start - 61) == .notYetValid)
    #expect(await code(at: 0) == .notYetValid)
  }

  @Test func refusesTokensOfOthersAndForOthers() async throws {
    let token = try issue().text
    #expect(await failure { _ = try tokens().verify(token, audiences: ["other"]) } == .audience)
    #expect(await failure { _ = try tokens().verify(token, audiences: []) } == .audience)
    #expect(await failure { _ = try tokens(issuer: "https://elsewhere").verify(token, audiences: ["api"]) } == .issuer)
    _ = try tokens(issuer: "https://new", others: ["https://kubernetes.default.svc"]).verify(token, audiences: ["api"])
    let stranger = ServiceAccountTokens(
      issuer: "https://kubernetes.default.svc", key: TokenSigningKey(), clock: time.clock)
    #expect(await failure { _ = try stranger.verify(token, audiences: ["api"]) } == .signature)
    #expect(tokens().isOurs(token) && !tokens(issuer: "https://elsewhere").isOurs(token) && !tokens().isOurs("x.y.z"))
  }

  @Test func keepsOldKeysForVerifying() throws {
    let token = try issue().text
    let rotated = ServiceAccountTokens(
      issuer: "https://kubernetes.default.svc", key: TokenSigningKey(), oldKeys: [key.verificationKey],
      clock: time.clock)
    _ = try rotated.verify(token, audiences: ["api"])
    #expect(rotated.keySet.keys.map(\.id).contains(key.verificationKey.id) && rotated.keySet.keys.count == 2)
  }

  @Test(arguments: [
    #"{}"#,
    #"{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:ci:builder","aud":["api"],"exp":1800003600}"#,
    // Without an end.
    #"{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:ci:builder","aud":["api"],"kubernetes.io":{"namespace":"ci","serviceaccount":{"name":"builder","uid":"u-1"}}}"#,
    // The subject is not the account's.
    #"{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:ci:admin","aud":["api"],"exp":1800003600,"kubernetes.io":{"namespace":"ci","serviceaccount":{"name":"builder","uid":"u-1"}}}"#,
    // Without the account's uid.
    #"{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:ci:builder","aud":["api"],"exp":1800003600,"kubernetes.io":{"namespace":"ci","serviceaccount":{"name":"builder"}}}"#,
    // Bound to two things.
    #"{"iss":"https://kubernetes.default.svc","sub":"system:serviceaccount:ci:builder","aud":["api"],"exp":1800003600,"kubernetes.io":{"namespace":"ci","serviceaccount":{"name":"builder","uid":"u-1"},"pod":{"name":"p","uid":"1"},"secret":{"name":"s","uid":"2"}}}"#,
  ])
  func refusesClaimsThatAreNone(json: String) async throws {
    let token = try SignedToken.sign(Array(json.utf8), with: key)
    #expect(await failure { _ = try tokens().verify(token, audiences: ["api"]) } == .malformed)
  }

  @Test func describesItself() throws {
    let document = String(
      decoding: try tokens().discoveryDocument(keySetURL: "https://10.0.0.1:6443/openid/v1/jwks"), as: UTF8.self)
    #expect(
      document
        == #"{"id_token_signing_alg_values_supported":["ES256"],"issuer":"https://kubernetes.default.svc","jwks_uri":"https://10.0.0.1:6443/openid/v1/jwks","response_types_supported":["id_token"],"subject_types_supported":["public"]}"#
    )
  }
}
