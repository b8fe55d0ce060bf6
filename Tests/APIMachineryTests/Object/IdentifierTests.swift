import Testing

@testable import APIMachinery

@Suite("Names and identifiers")
struct IdentifierTests {
  @Test("a uid is a random UUID of version 4")
  func uids() {
    var seen = Set<String>()
    for _ in 0..<200 {
      let uid = Identifiers.uid()
      #expect(uid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
      #expect(seen.insert(uid).inserted)
    }
  }

  @Test("a generated name keeps its base and has at most 63 bytes")
  func names() {
    #expect(Identifiers.name(from: "web-").wholeMatch(of: /web-[bcdfghjklmnpqrstvwxz2456789]{5}/) != nil)
    let long = String(repeating: "x", count: 100)
    #expect(Identifiers.name(from: long).utf8.count == 63)
    #expect(Identifiers.name(from: String(repeating: "é", count: 100)).hasPrefix(String(repeating: "é", count: 29)))
    #expect(Identifiers.suffix(8).count == 8)
  }

  @Test(
    "group versions",
    arguments: [
      ("v1", "", "v1", "/api/v1"), ("apps/v1", "apps", "v1", "/apis/apps/v1"),
      ("rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io", "v1", "/apis/rbac.authorization.k8s.io/v1"),
    ])
  func groupVersions(text: String, group: String, version: String, path: String) throws {
    let parsed = try GroupVersion.parse(text)
    #expect(parsed == GroupVersion(group: group, version: version))
    #expect(parsed.apiVersion == text)
    #expect(parsed.path == path)
  }

  @Test("a group version has one slash at most")
  func wrongGroupVersion() throws {
    let error = #expect(throws: StatusError.self) { try GroupVersion.parse("a/b/c") }
    #expect(error?.message == "unexpected GroupVersion string: a/b/c")
    #expect(try GroupVersion.parse("") == GroupVersion(group: "", version: ""))
  }

  @Test("kinds and resources print as in messages")
  func printing() {
    #expect(GroupVersion(group: "apps", version: "v1").kind("Deployment").description == "apps/v1, Kind=Deployment")
    #expect(GroupVersion(group: "", version: "v1").resource("pods").description == "/v1, Resource=pods")
    #expect(GroupResource("deployments.apps") == GroupResource(group: "apps", resource: "deployments"))
    #expect(GroupResource("pods").description == "pods")
    #expect(GroupKind("Widget.example.com").description == "Widget.example.com")
  }
}
