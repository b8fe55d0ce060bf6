import APIMachinery
import NIOHTTP1
import Testing

@testable import APIServer

@Suite struct OutboundTargetTests {
  @Test func urls() throws {
    let target = try #require(OutboundTarget(clientConfig: ["url": "https://a.example.com:8443/x/y/"]))
    #expect(target.place == .host("a.example.com:8443") && target.path == "/x/y")
    #expect(target.url == "https://a.example.com:8443/x/y")
    #expect(OutboundTarget(clientConfig: ["url": "https://a"])?.url == "https://a/")
    #expect(OutboundTarget(clientConfig: ["url": "http://a"]) == nil)
    #expect(OutboundTarget(clientConfig: nil) == nil)
  }

  @Test func services() throws {
    let target = try #require(
      OutboundTarget(clientConfig: ["service": ["namespace": "n", "name": "s", "path": "check"]]))
    #expect(target.url == "https://s.n.svc:443/check")
    let other = try #require(OutboundTarget(clientConfig: ["service": ["namespace": "n", "name": "s", "port": 9443]]))
    #expect(other.url == "https://s.n.svc:9443/")
  }

  @Test(arguments: ["bm8gY2VydGlmaWNhdGU=", "%%%"])
  func bundlesThatAreNone(bundle: String) throws {
    let target = try #require(OutboundTarget(clientConfig: ["url": "https://a", "caBundle": .string(bundle)]))
    let error = #expect(throws: OutboundError.self) { try target.tls.get() }
    #expect(error?.code == .configuration)
  }

  @Test func blankBundlesAreNone() throws {
    let target = try #require(OutboundTarget(clientConfig: ["url": "https://a", "caBundle": "IAo="]))
    #expect(throws: Never.self) { try target.tls.get() }
  }

  @Test(arguments: [
    (404, "", "the server could not find the requested resource"),
    (503, "x", "the server is currently unable to handle the request"),
    (500, " out of order\n", #"an error on the server ("out of order") has prevented the request from succeeding"#),
    (500, "", #"an error on the server ("") has prevented the request from succeeding"#),
    (302, "", "the server responded with the status code 302 but did not return more information"),
    (
      403, #"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"mine","reason":"Forbidden","code":403}"#,
      "mine"
    ),
  ])
  func replies(status: Int, body: String, words: String) {
    let answer = OutboundClient.Answer(status: status, headers: HTTPHeaders(), body: Array(body.utf8))
    #expect(OutboundReply.failure(answer)?.message == words)
    let typed = OutboundClient.Answer(status: 500, headers: ["Content-Type": "application/json"], body: [0x78])
    #expect(
      OutboundReply.failure(typed)?.message
        == #"an error on the server ("unknown") has prevented the request from succeeding"#)
  }

  @Test func successes() {
    for status in [200, 201, 206] {
      #expect(OutboundReply.failure(.init(status: status, headers: HTTPHeaders(), body: [])) == nil)
    }
  }
}
