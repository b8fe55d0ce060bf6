import HTTPService
import Testing

@testable import APIServer

@Suite struct CrossOriginTests {
  private func request(_ origin: String?) throws -> Request {
    var request = try Request(.get, "/api")
    if let origin { request.headers.add("Origin", origin) }
    return request
  }

  @Test func originsThatMatch() throws {
    let rule = try CrossOrigin([#"//example\.com(:|$)"#, #"^https://.*\.trusted\.org$"#])
    for (origin, isAllowed) in [
      ("https://example.com", true), ("http://example.com:8080", true), ("https://a.trusted.org", true),
      ("https://example.com.evil.org", false), ("https://evil.org", false), ("http://a.trusted.org", false),
      ("", false),
    ] {
      #expect(rule.origin(of: try request(origin)) == (isAllowed ? origin : nil), "\(origin)")
    }
    #expect(rule.origin(of: try request(nil)) == nil)
    #expect(try CrossOrigin([]).origin(of: try request("https://example.com")) == nil)
  }

  @Test func expressionsThatAreNotTaken() {
    for (pattern, words) in [
      ("example.com", "does not pin to start/end of host"), ("//example.com", "does not pin to start/end of host"),
      ("example.com$", "does not pin to start/end of host"), ("^(", "has an invalid regular expression"),
    ] {
      do throws(CrossOrigin.Problem) {
        _ = try CrossOrigin([pattern])
        Issue.record("\(pattern) is taken")
      } catch { #expect(error.description.contains(words), "\(error)") }
    }
  }

  @Test func whatBrowsersAreTold() {
    var response = Response(.ok)
    CrossOrigin.allow("https://example.com", in: &response)
    #expect(response.headers["Access-Control-Allow-Origin"] == "https://example.com")
    #expect(response.headers["Access-Control-Allow-Credentials"] == "true")
    #expect(response.headers["Access-Control-Allow-Methods"]?.contains("PATCH") == true)
  }
}
