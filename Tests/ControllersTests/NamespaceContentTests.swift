import APIMachinery
import ClusterClient
import Synchronization
import Testing

@testable import Controllers

@Suite struct NamespaceContentTests {
  /// A cluster in memory whose objects go when they are deleted, unless a finalizer holds them.
  private final class Cluster: ClusterClient {
    let found: ClusterDiscovery
    let objects: Mutex<[ClusterResource: [StoredObject]]>
    let refusing: Set<String>

    init(_ objects: [ClusterResource: [StoredObject]], refusing: Set<String> = [], failures: [GroupVersion] = []) {
      found = ClusterDiscovery(
        resources: objects.keys.sorted { $0.plural < $1.plural },
        failures: failures.map { .init($0, "stale GroupVersion discovery: \($0.apiVersion)") })
      self.objects = Mutex(objects)
      self.refusing = refusing
    }

    func resources() -> [ClusterResource] { found.resources }
    func discovery() -> ClusterDiscovery { found }
    func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject? {
      objects.withLock { $0[resource]?.first { $0.header.name == name } }
    }
    func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject] {
      if refusing.contains(resource.plural) { throw StatusError.serviceUnavailable("nobody has \(resource.plural)") }
      return objects.withLock { $0[resource] ?? [] }
    }
    func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject {
      StoredObject(object)
    }
    func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
      StoredObject(object)
    }
    func delete(
      _ resource: ClusterResource, namespace: String, name: String, uid: String?, revision: UInt64?,
      policy: DeletionPolicy?
    ) async throws {
      if refusing.contains(name) { throw StatusError.badRequest("\(name) shall stay") }
      objects.withLock {
        $0[resource]?.removeAll { $0.header.name == name && $0.header.finalizers.isEmpty }
      }
    }
    func changes(of resources: Set<GroupResource>?) -> ClusterChanges { .none }
  }

  private func resource(_ plural: String, group: String = "") -> ClusterResource {
    ClusterResource(
      groupVersion: GroupVersion(group: group, version: "v1"), plural: plural, kind: plural, isNamespaced: true,
      verbs: [.delete, .list])
  }

  private func object(_ name: String, finalizers: [String] = []) -> StoredObject {
    StoredObject([
      "kind": "X", "apiVersion": "v1",
      "metadata": [
        "name": .string(name), "namespace": "n", "uid": .string(name),
        "finalizers": .array(finalizers.map { .string($0) }),
      ],
    ])
  }

  private func conditions(_ content: NamespaceContent) -> [String: String] {
    var conditions = NamespaceConditions([])
    content.put(into: &conditions)
    var messages: [String: String] = [:]
    for one in conditions.json where one["status"] == "True" {
      messages[one["type"]?.stringValue ?? ""] = one["message"]?.stringValue ?? ""
    }
    return messages
  }

  @Test func everythingGoes() async {
    let cluster = Cluster([resource("a"): [object("one"), object("two")], resource("pods"): [object("p")]])
    #expect(await NamespaceContent.remove(from: "n", cluster).isEmpty)
    #expect(cluster.objects.withLock { $0.values.allSatisfy(\.isEmpty) })
  }

  @Test func podsGoFirst() async {
    let cluster = Cluster([resource("a"): [object("one")], resource("pods"): [object("p", finalizers: ["x/y"])]])
    let content = await NamespaceContent.remove(from: "n", cluster)
    #expect(cluster.objects.withLock { $0[resource("a")]?.count } == 1)
    #expect(
      conditions(content) == [
        "NamespaceContentRemaining": "Some resources are remaining: pods. has 1 resource instances",
        "NamespaceFinalizersRemaining":
          "Some content in the namespace has finalizers remaining: x/y in 1 resource instances",
      ])
    #expect(!content.hasFailed)
  }

  @Test func whatFailsDoesNotKeepTheRest() async {
    let cluster = Cluster(
      [
        resource("a"): [object("stubborn"), object("two")], resource("b", group: "example.com"): [],
        resource("c"): [object("three")],
      ], refusing: ["stubborn", "b"], failures: [GroupVersion(group: "metrics.k8s.io", version: "v1beta1")])
    let content = await NamespaceContent.remove(from: "n", cluster)
    #expect(cluster.objects.withLock { $0[resource("c")]?.isEmpty } == true)
    #expect(content.hasFailed && !content.isEmpty)
    #expect(
      conditions(content) == [
        "NamespaceDeletionDiscoveryFailure":
          "Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1",
        "NamespaceDeletionContentFailure":
          "Failed to delete all resource types, 2 remaining: nobody has b, stubborn shall stay",
        "NamespaceContentRemaining": "Some resources are remaining: a. has 1 resource instances",
      ])
  }

  @Test func whatNothingHoldsIsUnexpected() {
    var content = NamespaceContent()
    content.note([object("one")], of: resource("flunders", group: "example.com"), in: "n")
    #expect(
      conditions(content)["NamespaceDeletionContentFailure"]
        == "Failed to delete all resource types, 1 remaining: unexpected items still remain in namespace: n for gvr: example.com/v1, Resource=flunders"
    )
  }
}
