import APIMachinery
import ClusterClient
import Testing

@testable import Controllers

@Suite struct OwnerGraphTests {
  private let resource = ClusterResource(
    groupVersion: GroupVersion(group: "", version: "v1"), plural: "configmaps", kind: "ConfigMap", isNamespaced: true,
    verbs: [.get])

  private func object(_ uid: String, owners: [String] = [], finalizers: [String] = [], going: Bool = false)
    -> StoredObject
  {
    var metadata: JSONObject = ["name": .string(uid), "namespace": "n", "uid": .string(uid)]
    metadata["ownerReferences"] = .array(
      owners.map {
        [
          "apiVersion": "v1", "kind": "ConfigMap", "name": .string($0), "uid": .string($0), "blockOwnerDeletion": true,
        ]
      })
    metadata["finalizers"] = .array(finalizers.map { .string($0) })
    if going { metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z" }
    return StoredObject(["kind": "ConfigMap", "apiVersion": "v1", "metadata": .object(metadata)])
  }

  private func change(_ current: StoredObject?, _ previous: StoredObject? = nil) -> ClusterChange {
    ClusterChange(resource: resource, current: current, previous: previous)
  }

  @Test func dependentsFollowTheirReferences() {
    var graph = OwnerGraph()
    graph.apply(change(object("child", owners: ["a", "b"])))
    // An owner need not be known yet.
    #expect(graph.dependents(of: "a").map(\.uid) == ["child"])
    graph.apply(change(object("child", owners: ["b"]), object("child", owners: ["a", "b"])))
    #expect(graph.dependents(of: "a").isEmpty && graph.blockingDependents(of: "b").map(\.uid) == ["child"])
    graph.apply(change(nil, object("child", owners: ["b"])))
    #expect(graph.dependents(of: "b").isEmpty && !graph.contains("child"))
  }

  @Test func finalizersCountOnlyWhileGoing() {
    var graph = OwnerGraph()
    graph.apply(change(object("o", finalizers: [GarbageCollector.foregroundFinalizer])))
    #expect(!graph.isWaitingForDependents("o"))
    graph.apply(change(object("o", finalizers: [GarbageCollector.foregroundFinalizer], going: true)))
    #expect(graph.isWaitingForDependents("o"))
  }

  /// Of such the collector has nothing to do.
  @Test func mostAreAlone() {
    var graph = OwnerGraph()
    func isAlone(_ object: StoredObject) -> Bool {
      graph.apply(change(object))
      return graph.isAlone(object.header)
    }
    #expect(isAlone(object("a")))
    #expect(isAlone(object("a", finalizers: [GarbageCollector.foregroundFinalizer])))
    #expect(!isAlone(object("a", going: true)))
    #expect(!isAlone(object("b", owners: ["c"])))
    #expect(!isAlone(object("c")))
  }

  /// The same change twice is the same as once: what was there is told again when changes begin.
  @Test func repetition() {
    var graph = OwnerGraph()
    for _ in 0..<2 { graph.apply(change(object("child", owners: ["a"]))) }
    #expect(graph.dependents(of: "a").count == 1)
    for _ in 0..<2 { graph.apply(change(nil, object("child", owners: ["a"]))) }
    #expect(graph.dependents(of: "a").isEmpty)
  }
}
