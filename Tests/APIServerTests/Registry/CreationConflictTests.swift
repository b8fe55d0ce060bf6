import APIMachinery
import Testing

@testable import APIServer

/// A name that is another object's.
@Suite struct CreationConflictTests {
  private let lab: AdmissionLab

  init() async throws { lab = try await AdmissionLab { _, _, _ in [] } }

  private func refusal(_ metadata: JSONObject) async throws -> String {
    var object = AdmissionLab.config("c")
    object["metadata"] = .object(metadata)
    let error = try await lab.refusal(of: object, "configmaps")
    #expect(error.reason == .alreadyExists && error.code == 409)
    return error.message
  }

  @Test func twice() async throws {
    try await lab.create(AdmissionLab.config("c"), "configmaps")
    #expect(try await refusal(["name": "c"]) == #"configmaps "c" already exists"#)
    #expect(
      try await refusal(["name": "c", "generateName": "c-"])
        == #"configmaps "c" already exists, the server was not able to generate a unique name for the object"#)
  }

  @Test func whileItGoes() async throws {
    var object = AdmissionLab.config("c")
    object.setMetadata("finalizers", ["example.com/hold"])
    try await lab.create(object, "configmaps")
    let context = lab.context("delete", namespace: "n", name: "c")
    _ = try await lab.registry.delete(try lab.target("configmaps"), context, namespace: "n", name: "c", DeleteOptions())
    #expect(try await refusal(["name": "c"]) == #"object is being deleted: configmaps "c" already exists"#)
  }
}
