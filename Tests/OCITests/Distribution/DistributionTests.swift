import OCI
import Testing

@Suite struct DistributionTests {
  @Test func bearerChallenge() {
    let header =
      "Bearer realm=\"https://auth.example/token\",service=\"registry.example\",scope=\"repository:a/b:pull,push\""
    let challenges = AuthenticationChallenge.parse(header)
    #expect(challenges.count == 1)
    #expect(challenges.first?.scheme == "bearer")
    #expect(challenges.first?.parameters["realm"] == "https://auth.example/token")
    #expect(challenges.first?.parameters["scope"] == "repository:a/b:pull,push")
  }

  @Test func severalChallenges() {
    let challenges = AuthenticationChallenge.parse("Basic realm=\"a \\\"b\\\"\", Bearer realm=x , service = y")
    #expect(challenges.map(\.scheme) == ["basic", "bearer"])
    #expect(challenges.first?.parameters["realm"] == "a \"b\"")
    #expect(challenges.last?.parameters == ["realm": "x", "service": "y"])
  }

  @Test(arguments: ["", ",", "=", "Bearer", "Bearer realm=\"", "Bearer ,,,", "\"\"\"", "a=b=c", "Basic realm=\"\\"])
  func brokenChallengesEnd(_ header: String) { _ = AuthenticationChallenge.parse(header) }

  @Test func contentRange() {
    #expect(ContentRange("bytes 5-9/10")?.first == 5)
    #expect(ContentRange("bytes 5-9/*")?.total == nil)
    for bad in ["", "bytes", "bytes 9-5/10", "bytes 5-9/9", "bytes -1-4/9", "items 0-1/2", "bytes 0-1"] {
      #expect(ContentRange(bad) == nil, "\(bad)")
    }
  }

  @Test func errorBody() {
    let text =
      "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest unknown\",\"detail\":{\"Tag\":\"x\"}}]}"
    #expect(RegistryErrorBody(Array(text.utf8))?.text == "manifest unknown: manifest unknown")
    #expect(RegistryErrorBody(Array("<html>".utf8)) == nil)
    #expect(RegistryErrorBody(Array("{\"details\":\"no\"}".utf8))?.text == "no")
  }
}
