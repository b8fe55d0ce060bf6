import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite struct StorageLayoutTests {
  @Test(arguments: [
    ("", "pods", "/registry/pods/"), ("", "nodes", "/registry/minions/"),
    ("", "services", "/registry/services/specs/"), ("", "endpoints", "/registry/services/endpoints/"),
    ("apps", "deployments", "/registry/deployments/"), ("networking.k8s.io", "ingresses", "/registry/ingress/"),
    (
      "apiextensions.k8s.io", "customresourcedefinitions",
      "/registry/apiextensions.k8s.io/customresourcedefinitions/"
    ),
  ])
  func prefixes(_ group: String, _ plural: String, _ prefix: String) throws {
    let kinds = try BuiltinKinds.load()
    let resource = try #require(kinds.resource(GroupResource(group: group, resource: plural)))
    #expect(StorageLayout.prefix(of: resource) == prefix)
    #expect(StorageLayout.prefix(ofKey: prefix + "a/b").map(String.init) == prefix)
  }

  /// Every built-in resource has keys of its own, and a key leads back to its resource.
  @Test func noTwoResourcesShareKeys() throws {
    var seen: [String: String] = [:]
    for resource in try BuiltinKinds.load().resources where resource.storedAs == nil {
      let prefix = StorageLayout.prefix(of: resource)
      #expect(seen.updateValue("\(resource.groupResource)", forKey: prefix) == nil, "\(prefix)")
      #expect(StorageLayout.prefix(ofKey: prefix + "x").map(String.init) == prefix)
    }
  }

  @Test func keysOfNothing() {
    #expect(StorageLayout.prefix(ofKey: "/other/pods/a") == nil)
    #expect(StorageLayout.prefix(ofKey: "/registry/pods") == nil)
  }
}
