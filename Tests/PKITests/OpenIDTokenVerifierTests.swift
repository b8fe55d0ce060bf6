import Testing

@testable import PKI

@Suite struct OpenIDTokenVerifierTests {
  private let time = FakeClock(1_800_000_000)
  private let key = TokenSigningKey()

  private func verify(
    _ json: String, issuer: String = "https://login", audiences: [String] = ["apus"],
    algorithms: [TokenAlgorithm] = [.rs256, .es256]
  ) throws -> [String: ClaimValue] {
    try OpenIDTokenVerifier(issuer: issuer, audiences: audiences, algorithms: algorithms, clock: time.clock)
      .verify(try SignedToken.sign(Array(json.utf8), with: key), keys: JSONWebKeySet([key.verificationKey]))
  }

  @Test func givesTheClaims() throws {
    let claims = try verify(
      #"{"iss":"https://login","aud":"apus","exp":1800000100.5,"sub":"jane","groups":["a","b"],"team":"c","admin":true,"n":1,"o":{"x":null}}"#
    )
    #expect(
      claims["sub"]?.string == "jane" && claims["groups"]?.strings == ["a", "b"] && claims["team"]?.strings == ["c"])
    #expect(claims["admin"]?.bool == true && claims["n"] == .number(1) && claims["o"] == .object(["x": .null]))
    #expect(claims["missing"] == nil)
    _ = try verify(#"{"iss":"https://login","aud":["x","apus"],"exp":1800000100}"#)
  }

  @Test func refuses() async {
    let cases: [(String, PKIError.Code)] = [
      (#"{"iss":"https://login/","aud":"apus","exp":1800000100}"#, .issuer),
      (#"{"iss":"https://login","aud":"other","exp":1800000100}"#, .audience),
      (#"{"iss":"https://login","aud":[],"exp":1800000100}"#, .audience),
      (#"{"iss":"https://login","aud":"apus","exp":1799999939}"#, .expired),
      (#"{"iss":"https://login","aud":"apus","exp":-9223372036854775808}"#, .expired),
      (#"{"iss":"https://login","aud":"apus","exp":1800000100,"nbf":1800000061}"#, .notYetValid),
      (#"{"iss":"https://login","aud":"apus","exp":1800000100,"iat":1800000061}"#, .notYetValid),
      (#"{"iss":"https://login","aud":"apus"}"#, .malformed),
      (#"{"iss":"https://login","exp":1800000100}"#, .malformed),
      (#"{"iss":"https://login","aud":"apus","exp":1e300}"#, .malformed),
      (#"{"iss":"https://login","aud":"apus","exp":"1800000100"}"#, .malformed),
      (#"["iss"]"#, .malformed),
      (#"nonsense"#, .malformed),
    ]
    for (json, code) in cases { #expect(await failure { _ = try verify(json) } == code, "\(json)") }
    let good = #"{"iss":"https://login","aud":"apus","exp":1800000100}"#
    #expect(await failure { _ = try verify(good, algorithms: [.rs256]) } == .unsupported)
    #expect(await failure { _ = try verify(good) } == nil)
    let verifier = OpenIDTokenVerifier(issuer: "https://login", audiences: ["apus"], clock: time.clock)
    #expect(
      await failure {
        _ = try verifier.verify(
          try SignedToken.sign(Array(good.utf8), with: TokenSigningKey()), keys: JSONWebKeySet([key.verificationKey]))
      } == .signature)
  }
}
