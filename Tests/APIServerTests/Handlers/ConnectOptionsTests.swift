import APIMachinery
import HTTPService
import Testing

@testable import APIServer

@Suite struct ConnectOptionsTests {
  private func options(_ target: String, _ kind: String) throws -> JSONObject {
    let request = try Request(.get, target)
    let info = RequestInfo(method: request.method, segments: request.segments, query: request.query)
    return ConnectOptions.object(request, info, GroupVersionKind(group: "", version: "v1", kind: kind))
  }

  @Test func commands() throws {
    let made = try options(
      "/api/v1/namespaces/a/pods/p/exec?command=ls&command=-l&stdin=true&tty=false&container=c&path=/x",
      "PodExecOptions")
    #expect(
      made == [
        "kind": "PodExecOptions", "apiVersion": "v1", "stdin": true, "container": "c", "command": ["ls", "-l"],
      ])
  }

  @Test func ports() throws {
    let made = try options("/api/v1/namespaces/a/pods/p/portforward?ports=80&ports=443", "PodPortForwardOptions")
    #expect(made["ports"] == [80, 443])
  }

  /// The path is what stands behind `proxy`, whatever the query says of it.
  @Test(
    arguments: [
      ("proxy", nil), ("proxy?path=/other", nil), ("proxy/x/y?path=/other", "/x/y"), ("proxy/x/", "/x/"),
      ("proxy/", "/"),
    ] as [(String, String?)])
  func proxiedPaths(end: String, path: String?) throws {
    let made = try options("/api/v1/namespaces/a/services/s/\(end)", "ServiceProxyOptions")
    #expect(made["path"]?.stringValue == path)
  }
}
