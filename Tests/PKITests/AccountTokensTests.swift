import Testing

@testable import PKI

@Suite struct AccountTokensTests {
  private static let now: Int64 = 1_800_000_000
  private let account = AccountTokens.Claims.Kubernetes(
    namespace: "n", serviceaccount: .init(name: "a", uid: "u"), pod: .init(name: "p", uid: "v"))

  private func tokens(_ issuer: String = "https://issuer") throws -> AccountTokens { try AccountTokens(issuer: issuer) }

  private func issue(_ tokens: AccountTokens, lifetime: Int64 = 3600) throws -> String {
    try tokens.issue(account, audiences: ["api"], identifier: "id", now: Self.now, lifetime: lifetime)
  }

  @Test func roundTrip() throws {
    let tokens = try tokens()
    let token = try issue(tokens)
    #expect(tokens.isOurs(token))
    let claims = try tokens.verify(token, audiences: ["api", "other"], now: Self.now + 10)
    #expect(claims.sub == "system:serviceaccount:n:a" && claims.kubernetes == account && claims.jti == "id")
    // The key survives being written down.
    let again = try AccountTokens(issuer: "https://issuer", keyPEM: tokens.keyPEM)
    #expect(try again.verify(token, audiences: ["api"], now: Self.now) == claims)
  }

  @Test func timesAndAudiences() throws {
    let tokens = try tokens()
    let token = try issue(tokens)
    func code(_ audiences: [String], _ now: Int64) -> PKIError.Code? {
      do { _ = try tokens.verify(token, audiences: audiences, now: now) } catch { return error.code }
      return nil
    }
    #expect(code(["api"], Self.now + 3600) == nil)
    #expect(code(["api"], Self.now + 3601) == .expired)
    #expect(code(["api"], Self.now - 61) == .expired)
    #expect(code(["other"], Self.now) == .invalid)
  }

  @Test func othersAndTamperedOnes() throws {
    let tokens = try tokens()
    let token = try issue(tokens)
    #expect(throws: PKIError.self) { try self.tokens().verify(token, audiences: ["api"], now: Self.now) }
    #expect(!(try self.tokens("https://else").isOurs(token)))
    let parts = token.split(separator: ".").map(String.init)
    for index in parts.indices {
      var changed = parts
      let first = changed[index].removeFirst()
      changed[index] = (first == "A" ? "B" : "A") + changed[index]
      #expect(throws: PKIError.self) {
        try tokens.verify(changed.joined(separator: "."), audiences: ["api"], now: Self.now)
      }
    }
    // No algorithm is no signature (RFC 8725, section 2.1).
    #expect(throws: PKIError.self) {
      try tokens.verify("eyJhbGciOiJub25lIn0.\(parts[1]).", audiences: ["api"], now: Self.now)
    }
    for text in ["", ".", "..", "a.b.c", "x"] {
      #expect(throws: PKIError.self) { try tokens.verify(text, audiences: ["api"], now: Self.now) }
    }
  }
}
