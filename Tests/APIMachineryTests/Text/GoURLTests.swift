import APIMachinery
import Testing

@Suite("URLs as Go reads them")
struct GoURLTests {
  @Test("the parts of one")
  func parts() throws {
    let url = try GoURL("HTTPS://u:p:q@Example.com:8443/a%2Fb?c=d&e#f%20g")
    #expect(url.scheme == "https" && url.user == "u:p%3Aq" && url.host == "Example.com:8443")
    #expect(url.query == "c=d&e" && url.fragment == "f g")
    #expect(try GoURL("https://[fe80::1%25en0]:1/").host == "[fe80::1%en0]:1")
    #expect(try GoURL("https://a@b@c/").user == "a%40b")
    for text in ["", "x", "/a:b", "https:x", "https:///x", "*"] { #expect(try GoURL(text).host.isEmpty) }
    #expect(try GoURL("a:b").scheme == "a" && GoURL("//x").host == "x")
  }

  @Test(
    "what is none",
    arguments: [
      ("://", "missing protocol scheme"), ("1a://x", "first path segment in URL cannot contain colon"),
      (" https://x", "first path segment in URL cannot contain colon"), ("https://[::1", "missing ']' in host"),
      ("https://x:y/", #"invalid port ":y" after host"#), ("https://%zz/", #"invalid URL escape "%zz""#),
      ("https://x/%2", #"invalid URL escape "%2""#), ("https://a b/", #"invalid character " " in host name"#),
      ("https://x\\y", #"invalid character "\\" in host name"#), ("https://é%41/", #"invalid URL escape "%41""#),
      ("https://[fe80::1%en0]/", #"invalid URL escape "%en""#), ("https://ü@x/", "net/url: invalid userinfo"),
      ("https://x\u{1}/", "net/url: invalid control character in URL"),
    ])
  func problems(text: String, why: String) {
    let problem = #expect(throws: GoURL.Problem.self) { _ = try GoURL(text) }
    #expect(problem?.description == "parse \(text.goQuoted): \(why)")
  }
}
