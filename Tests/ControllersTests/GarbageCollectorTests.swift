import APIMachinery
import ClusterClient
import Testing

@testable import Controllers

@Suite struct GarbageCollectorTests {
  private let resource = ClusterResource(
    groupVersion: GroupVersion(group: "apps", version: "v1"), plural: "replicasets", kind: "ReplicaSet",
    isNamespaced: true, verbs: [.get])

  private func change(_ name: String, in namespace: String, owner: String? = nil) -> ClusterChange {
    var metadata: JSONObject = ["name": .string(name), "namespace": .string(namespace), "uid": .string(name)]
    if let owner {
      metadata["ownerReferences"] = [
        ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": .string(owner), "uid": .string(owner)]
      ]
    }
    let object = StoredObject(["kind": "ReplicaSet", "apiVersion": "apps/v1", "metadata": .object(metadata)])
    return ClusterChange(resource: resource, current: object, previous: nil)
  }

  @Test func ownersInOtherNamespaces() throws {
    var graph = OwnerGraph()
    graph.apply(change("child", in: "one", owner: "parent"))
    let child = try #require(graph.node("child"))
    let owner = try #require(graph.owners(of: "child").first)
    #expect(!graph.isMisplaced(owner, of: child), "what is not known may be anywhere")
    graph.apply(change("parent", in: "one"))
    #expect(!graph.isMisplaced(owner, of: child))
    graph.apply(change("parent", in: "two"))
    #expect(graph.isMisplaced(owner, of: child))
    // What is in no namespace owns in all.
    graph.apply(change("parent", in: ""))
    #expect(!graph.isMisplaced(owner, of: child))
  }

  @Test func theEvent() throws {
    var graph = OwnerGraph()
    graph.apply(change("child", in: "one", owner: "parent"))
    let event = MisplacedOwnerEvent(
      try #require(graph.node("child")), try #require(graph.owners(of: "child").first))
    let object = event.object(at: .now)
    #expect(
      object["message"]
        == "ownerRef [apps/v1/ReplicaSet, namespace: one, name: parent, uid: parent] does not exist in namespace \"one\""
    )
    #expect(object["involvedObject"]?["kind"] == "ReplicaSet" && object["metadata"]?["namespace"] == "one")
    #expect(object["metadata"]?["name"]?.stringValue?.hasPrefix("child.") == true)
  }

  @Test func whatFailsBecomesDueAgain() async {
    var queue = RetryQueue()
    queue.again("forgotten")
    queue.forget("forgotten")
    queue.again("kept")
    queue.again("kept")
    var due = queue.due.makeAsyncIterator()
    #expect(await due.next() == "kept")
  }
}
