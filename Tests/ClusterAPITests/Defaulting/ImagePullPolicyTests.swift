import Testing

@testable import ClusterAPI

/// Images that are named by `latest`, or by nothing, are always pulled; of what is no name nothing is known.
@Suite struct ImagePullPolicyTests {
  private static let digest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

  @Test(arguments: [
    ("nginx", "latest"), ("nginx:1.25", "1.25"), ("library/nginx:a_B.c-d", "a_B.c-d"), ("host:5000/nginx", "latest"),
    ("host.example/a/b__c:1", "1"), ("localhost/a", "latest"), ("[::1]:5000/a:2", "2"), ("HOST/a", "latest"),
    ("a.b-c--d/e", "latest"), ("nginx@\(digest)", ""), ("nginx:1@\(digest)", "1"),
  ])
  func names(image: String, tag: String) {
    #expect(Defaults.pullPolicy(of: image) == (tag == "latest" ? "Always" : "IfNotPresent"))
  }

  @Test(arguments: [
    "", "Nginx", "nginx:", "nginx:.a", "-nginx", "nginx-", "a//b", "/a", "a/", "a___b", "a..b", "ng inx", "host:port/a",
    "nginx@sha256:ab", "nginx@\(digest)g", "nginx@:\(String(repeating: "a", count: 32))", "a-.example/b", "_-/%",
    String(repeating: "a", count: 64), String(repeating: "b", count: 256),
    "nginx:" + String(repeating: "a", count: 129),
  ])
  func others(image: String) { #expect(Defaults.pullPolicy(of: image) == "IfNotPresent") }
}
