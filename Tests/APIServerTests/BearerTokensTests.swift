import APIMachinery
import HTTPService
import Testing

@testable import APIServer

/// Knows one token, and refuses those that begin with its name.
private struct Kind: TokenAuthenticator {
  let name: String

  func bearer(of token: String, audiences: [String]) async throws -> TokenBearer? {
    if token == name { return TokenBearer(user: User(name: name), audiences: audiences) }
    if token.hasPrefix(name) { throw TokenRefusal("\(name): no") }
    return nil
  }
}

@Suite struct BearerTokensTests {
  private let tokens = BearerTokens([Kind(name: "a"), Kind(name: "ab"), Kind(name: "abc")], audiences: ["here"])

  private func user(_ authorization: String?) async throws -> User? {
    try await tokens.authenticate(
      try Request(.get, "/", headers: authorization.map { ["Authorization": $0] } ?? [:]))
  }

  private func code(_ authorization: String) async -> Int? {
    do {
      _ = try await user(authorization)
      return nil
    } catch { return (error as? StatusError)?.code }
  }

  @Test func oneKindMayKnowWhatAnotherRefuses() async throws {
    #expect(try await user("Bearer abc")?.name == "abc")
    #expect(try await user("bearer ab ")?.groups == ["system:authenticated"])
    #expect(try await user("BEARER a b")?.name == "a")
    #expect(try await tokens.bearer(of: "a", audiences: [])?.audiences == ["here"])
    #expect(try await tokens.bearer(of: "a", audiences: ["there"])?.audiences == ["there"])
  }

  @Test func aWrongTokenIsNotNoToken() async throws {
    #expect(await code("Bearer x") == 401)
    #expect(await code("Bearer abx") == 401)
    #expect(try await user(nil) == nil)
    #expect(try await user("Basic YTpi") == nil)
    #expect(try await user("Bearer") == nil)
    #expect(try await user("Bearer  ") == nil)
    #expect(try await user("Bearer  abc") == nil)
  }

  @Test func aSpaceTooManyIsTold() throws {
    func warning(_ authorization: String) throws -> String? {
      BearerTokens.warning(about: try Request(.get, "/", headers: ["Authorization": authorization]))
    }
    #expect(try warning("bearer  abc")?.contains("extra space before the bearer token") == true)
    for plain in ["Bearer abc", "Bearer", "Basic  abc", "Bearer abc d"] { #expect(try warning(plain) == nil) }
  }

  @Test func everyRefusalIsTold() async throws {
    #expect(try await tokens.bearer(of: "x", audiences: []) == nil)
    await #expect(throws: TokenRefusal.self) { try await tokens.bearer(of: "ax", audiences: []) }
    do {
      _ = try await tokens.bearer(of: "abx", audiences: [])
      Issue.record("it was believed")
    } catch let refusal as TokenRefusal {
      #expect(refusal.message == "[a: no, ab: no]")
    }
  }

  @Test func textInTheURLsAlphabet() {
    #expect(Base64.decodeURL("YWI_").map { String(decoding: $0, as: UTF8.self) } == "ab?")
    #expect(Base64.decodeURL("YWI") == Array("ab".utf8))
    #expect(Base64.decodeURL("_w") == [0xFF])
    for wrong in ["YWI=", "!", "YW+_", "YW/_"] { #expect(Base64.decodeURL(wrong) == nil) }
  }
}
