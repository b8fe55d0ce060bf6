import APIMachinery
import HTTPService
import Synchronization
import Testing

@testable import APIServer

@Suite struct AdmissionOrderTests {
  /// Remembers what it sees, and changes objects as it is told to.
  private final class Witness: Admission {
    typealias Sight = (name: String, object: JSONObject)
    private let seen = Mutex<(mutating: [Sight], validating: [Sight])>(([], []))
    private let change: @Sendable (inout JSONObject) -> Void

    init(_ change: @escaping @Sendable (inout JSONObject) -> Void = { _ in }) { self.change = change }

    func mutate(_ request: inout AdmissionRequest) async throws {
      let sight = (request.name, request.object ?? [:])
      seen.withLock { $0.mutating.append(sight) }
      guard var object = request.object else { return }
      change(&object)
      request.object = object
    }

    func validate(_ request: AdmissionRequest) async throws {
      seen.withLock { $0.validating.append((request.name, request.object ?? [:])) }
    }

    var mutating: [Sight] { seen.withLock { $0.mutating } }
    var validating: [Sight] { seen.withLock { $0.validating } }
  }

  private static let generated: JSONObject = [
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["generateName": "made-", "uid": "mine"], "data": ["a": "b"],
  ]

  @Test("what changes objects sees no name that is to be generated, and no uid")
  func generatedNames() async throws {
    let witness = Witness()
    let lab = try await AdmissionLab { _, _, _ in [witness] }
    let made = try await lab.create(Self.generated, "configmaps").object
    let before = try #require(witness.mutating.first)
    #expect(before.name.isEmpty && before.object.objectName.isEmpty)
    #expect(before.object["metadata"]?["uid"] == nil && before.object["metadata"]?["creationTimestamp"] == nil)
    #expect(before.object["metadata"]?["managedFields"]?.arrayValue?.count == 1)
    let after = try #require(witness.validating.first)
    #expect(after.name == made.objectName && after.name.hasPrefix("made-"))
    #expect(after.object["metadata"]?["uid"] == made["metadata"]?["uid"])
    #expect(made.metadataText("uid") != "mine" && witness.mutating.count == 1)
  }

  @Test("a name and a base for one are what admission has made of them")
  func changedNames() async throws {
    let lab = try await AdmissionLab { _, _, _ in
      [
        Witness { object in
          object.setMetadata(object.objectName.isEmpty ? "generateName" : "name", "other-")
          object.setMetadata("uid", "a webhook's")
        }
      ]
    }
    let made = try await lab.create(Self.generated, "configmaps").object
    #expect(made.objectName.hasPrefix("other-") && made.objectName.count > 6)
    #expect(made.metadataText("uid") != "a webhook's")
  }

  @Test("another namespace is refused")
  func otherNamespace() async throws {
    let lab = try await AdmissionLab { _, _, _ in [Witness { $0.setMetadata("namespace", "elsewhere") }] }
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(refusal.code == 400 && refusal.message.contains("does not match the namespace sent on the request"))
  }

  @Test("what admission adds belongs to nobody")
  func owners() async throws {
    let lab = try await AdmissionLab { _, _, _ in
      [Witness { $0["data"] = .object(($0["data"]?.objectValue ?? [:]).merging(["added": "x"])) }]
    }
    let made = try await lab.create(AdmissionLab.config("c", ["a": "b"]), "configmaps").object
    #expect(made["data"] == ["a": "b", "added": "x"])
    let fields = try #require(made["metadata"]?["managedFields"]?.arrayValue?.first?["fieldsV1"])
    #expect(fields["f:data"]?["f:a"] != nil && fields["f:data"]?["f:added"] == nil)
  }

  @Test("notes of owners that admission spoils are put back, with a warning")
  func spoiledOwners() async throws {
    let lab = try await AdmissionLab { _, _, _ in
      [Witness { $0.setMetadata("managedFields", [["manager": "x", "operation": "Nothing"]]) }]
    }
    let (made, context) = try await lab.create(AdmissionLab.config("c", ["a": "b"]), "configmaps")
    #expect(made["metadata"]?["managedFields"]?.arrayValue?.first?["operation"] == "Update")
    #expect(context.warnings.contains { $0.hasPrefix(".metadata.managedFields was in an invalid state") })
  }

  @Test("whether a client knew the newest state is looked at when mutating admission has seen what it sends")
  func staleVersions() async throws {
    let witness = Witness()
    let lab = try await AdmissionLab { _, _, _ in [witness] }
    try await lab.create(AdmissionLab.config("c", ["a": "b"]), "configmaps")
    let target = try lab.target("configmaps")
    var stale = AdmissionLab.config("c", ["a": "c"])
    stale.setMetadata("resourceVersion", "1000000")
    let context = lab.context("update", namespace: "n", name: "c")
    let refusal = await #expect(throws: StatusError.self) { try await lab.registry.update(stale, target, context) }
    #expect(refusal?.reason == .conflict && witness.mutating.count == 2 && witness.validating.count == 1)
    #expect(witness.mutating.last?.object["data"] == ["a": "c"])
    // Which object is meant is looked at before.
    var other = AdmissionLab.config("c", ["a": "d"])
    other.setMetadata("uid", "another")
    let mistaken = await #expect(throws: StatusError.self) { try await lab.registry.update(other, target, context) }
    #expect(mistaken?.message.contains("Precondition failed: UID") == true && witness.mutating.count == 2)
  }

  @Test("of some resources a client must say which state it has changed")
  func versionsThatMustBeNamed() async throws {
    let witness = Witness()
    let lab = try await AdmissionLab { _, _, _ in [witness] }
    let place = "coordination.k8s.io/v1"
    let lease: JSONObject = ["apiVersion": .string(place), "kind": "Lease", "metadata": ["name": "l"], "spec": [:]]
    try await lab.create(lease, "leases", place)
    let target = try lab.target("leases", place)
    let context = lab.context("update", namespace: "n", name: "l")
    let refusal = await #expect(throws: StatusError.self) { try await lab.registry.update(lease, target, context) }
    #expect(refusal?.message.contains("metadata.resourceVersion: Invalid value: 0: must be specified") == true)
    #expect(witness.mutating.count == 2)
  }

  @Test("what removes a collection names no object")
  func collections() async throws {
    let witness = Witness()
    let lab = try await AdmissionLab { _, _, _ in [witness] }
    try await lab.create(AdmissionLab.config("c"), "configmaps")
    let target = try lab.target("configmaps")
    let context = lab.context("deletecollection", namespace: "n", name: "")
    let options = try ListOptions(QueryParameters(Query()), isWatch: false)
    let all = try Selection(
      labels: options.labelSelector, fields: options.fieldSelector, name: "", target, lab.registry.kinds)
    let removed = try await lab.registry.deleteCollection(target, context, DeleteOptions(), all, options)
    #expect(removed.objects.count == 1 && witness.validating.map(\.name) == ["c", ""])
    try await lab.create(AdmissionLab.config("d"), "configmaps")
    _ = try await lab.registry.delete(target, context, namespace: "n", name: "d", DeleteOptions())
    #expect(witness.validating.last?.name == "d")
    try await lab.create(AdmissionLab.config("e"), "configmaps")
    _ = try await lab.registry.delete(
      target, context, namespace: "n", name: "e", DeleteOptions(), isAdmitted: true)
    #expect(witness.validating.count == 5)
  }

  @Test("a pod that goes already goes on as it does, and nobody is asked, unless it is to go sooner")
  func pendingRemovals() async throws {
    let witness = Witness()
    let lab = try await AdmissionLab { _, _, _ in [witness] }
    let pod: JSONObject = [
      "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "p"],
      "spec": ["nodeName": "n", "containers": [["name": "c", "image": "i"]]],
    ]
    try await lab.create(pod, "pods")
    let target = try lab.target("pods")
    func remove(_ grace: Int64?) async throws -> (left: JSONValue?, asked: Int) {
      var options = DeleteOptions()
      options.gracePeriod = grace
      let context = lab.context("delete", namespace: "n", name: "p")
      _ = try await lab.registry.delete(target, context, namespace: "n", name: "p", options)
      let stored = try lab.registry.find(target, namespace: "n", name: "p")
      return (stored.object.tree()["metadata"]?["deletionGracePeriodSeconds"], witness.validating.count)
    }
    #expect(try await remove(60) == (60, 2))
    #expect(try await remove(nil) == (60, 2))
    #expect(try await remove(60) == (60, 2))
    #expect(try await remove(20) == (20, 3))
    #expect(try await remove(-7) == (1, 4))
  }

  @Test("what is sent to be acted upon is told like a creation, with who has set which field")
  func actions() async throws {
    let witness = Witness { $0["spec"] = ["changed": true] }
    let lab = try await AdmissionLab { _, _, _ in [witness] }
    let target = try lab.target("selfsubjectreviews", "authentication.k8s.io/v1")
    let sent: JSONObject = [
      "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview",
      "metadata": ["uid": "mine", "labels": ["a": "b"], "namespace": "nowhere"],
    ]
    let context = lab.context("create", namespace: "", name: "")
    let admitted = try await lab.registry.admit(sent, target.kind, target, context) { judged in
      #expect(judged["spec"]?["changed"] == true && witness.validating.isEmpty)
    }
    let metadata = try #require(witness.mutating.first?.object["metadata"])
    #expect(metadata["uid"] == nil && metadata["namespace"] == nil)
    #expect(metadata["managedFields"]?.arrayValue?.first?["fieldsV1"]?["f:metadata"]?["f:labels"]?["f:a"] != nil)
    #expect(witness.validating.count == 1 && admitted["spec"]?["changed"] == true)
    let kept = try await lab.registry.admit(sent, target.kind, target, context, keepsIdentity: true)
    #expect(kept.metadataText("uid") == "mine")
  }
}

extension JSONObject {
  fileprivate func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for (name, value) in other { merged[name] = value }
    return merged
  }
}
