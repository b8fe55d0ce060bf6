import APIMachinery
import Testing

@testable import APIServer

/// A pod is marked before it goes: whoever watches is told of it twice.
@Suite struct PodDeletionTests {
  private let lab: AdmissionLab

  init() async throws { lab = try await AdmissionLab { _, _, _ in [] } }

  private func pod(_ name: String, node: String? = nil, finalizers: [JSONValue] = []) async throws {
    var spec: JSONObject = ["containers": [["name": "c", "image": "i"]]]
    if let node { spec["nodeName"] = .string(node) }
    try await lab.create(
      [
        "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "finalizers": .array(finalizers)],
        "spec": .object(spec),
      ], "pods")
  }

  /// - Returns: the pod as it is answered, and whether it is gone.
  private func delete(_ name: String, grace: Int64? = nil, isDryRun: Bool = false) async throws -> (JSONObject, Bool) {
    var body: JSONObject = ["kind": "DeleteOptions", "apiVersion": "v1"]
    if let grace { body["gracePeriodSeconds"] = .integer(grace) }
    if isDryRun { body["dryRun"] = ["All"] }
    let options = try DeleteOptions(.object(body))
    let context = lab.context("delete", namespace: "n", name: name)
    switch try await lab.registry.delete(try lab.target("pods"), context, namespace: "n", name: name, options) {
    case .gone(let object): return (object.object.tree(), true)
    case .going(let object): return (object.tree(), false)
    }
  }

  private func isThere(_ name: String) throws -> Bool {
    let target = try lab.target("pods")
    return lab.registry.cache(of: target).get(target.key(namespace: "n", name: name)) != nil
  }

  private func marks(_ pod: JSONObject) -> [JSONValue?] {
    ["deletionGracePeriodSeconds", "generation"].map { pod["metadata"]?[$0] }
  }

  @Test("a pod that no node has is marked and goes")
  func unscheduled() async throws {
    try await pod("p")
    let (object, isGone) = try await delete("p")
    #expect(isGone && marks(object) == [0, 2] && object.isBeingDeleted)
    #expect(try !isThere("p"))
  }

  @Test("a pod on a node waits, and its end is told with nothing left to wait for")
  func scheduled() async throws {
    try await pod("p", node: "n1")
    let (going, isGone) = try await delete("p", grace: 31)
    #expect(!isGone && marks(going) == [31, 2])
    let (gone, isOver) = try await delete("p", grace: 0)
    #expect(isOver && marks(gone) == [0, 2])
    #expect(try !isThere("p"))
  }

  @Test("who has nothing left to wait for goes without being marked again")
  func held() async throws {
    try await pod("p", finalizers: ["example.com/hold"])
    let (going, isGone) = try await delete("p")
    #expect(!isGone && marks(going) == [0, 2])
    let (again, isStillThere) = try await delete("p")
    #expect(!isStillThere && again == going)
  }

  @Test("a trial marks nothing")
  func dryRun() async throws {
    try await pod("p")
    let (object, isGone) = try await delete("p", isDryRun: true)
    #expect(isGone && object.isBeingDeleted)
    #expect(try isThere("p"))
  }
}
