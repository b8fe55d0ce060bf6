import Testing

@testable import PKI

@Suite struct BootstrapTokenTests {
  @Test func hasItsForm() throws {
    let token = try #require(BootstrapToken("abcdef.0123456789abcdef"))
    #expect(token.id == "abcdef" && token.secret == "0123456789abcdef")
    #expect(token.secretName == "bootstrap-token-abcdef" && token.userName == "system:bootstrap:abcdef")
    #expect("\(token)" == "abcdef.0123456789abcdef")
    for text in [
      "", ".", "abcdef", "abcdef.", "abcde.0123456789abcdef", "abcdef.0123456789abcde", "ABCDEF.0123456789abcdef",
      "abcdef.0123456789abcdeF", "abcdef.0123456789abcdef.", "abcdéf.0123456789abcdef", " abcdef.0123456789abcdef",
    ] { #expect(BootstrapToken(text) == nil, "\(text)") }
  }

  @Test func newOnesDiffer() throws {
    let tokens = (0..<100).map { _ in BootstrapToken() }
    #expect(Set(tokens.map(\.description)).count == 100)
    for token in tokens { #expect(BootstrapToken(token.description) == token) }
    #expect(tokens[0] != tokens[1])
  }
}

@Suite struct BootstrapTokenSignatureTests {
  /// Computed with Python's `hmac`.
  @Test func signsWithoutTheText() throws {
    let token = try #require(BootstrapToken("abcdef.0123456789abcdef"))
    #expect(
      try token.signature(of: "apiVersion: v1\n")
        == "eyJhbGciOiJIUzI1NiIsImtpZCI6ImFiY2RlZiJ9..K1chermAQEq0rdqy-ehj0VDfmA_ytv8Wzh9g26FldrE")
    #expect(try token.signature(of: "other") != token.signature(of: "apiVersion: v1\n"))
  }
}
