import APIMachinery
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
}

extension JSONObject {
  fileprivate func merging(_ other: JSONObject) -> JSONObject {
    var merged = self
    for (name, value) in other { merged[name] = value }
    return merged
  }
}
