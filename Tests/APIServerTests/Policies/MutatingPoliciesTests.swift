import APIMachinery
import Testing

@testable import APIServer

@Suite struct MutatingPoliciesTests {
  private static let kind = "MutatingAdmissionPolicy"

  private func lab() async throws -> AdmissionLab {
    try await AdmissionLab { [MutatingPolicies($0, authorizer: $1, registry: $2)] }
  }

  private func apply(_ expression: String) -> JSONValue {
    ["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": .string(expression)]]
  }

  private func patch(_ expression: String) -> JSONValue {
    ["patchType": "JSONPatch", "jsonPatch": ["expression": .string(expression)]]
  }

  private func policy(
    _ lab: AdmissionLab, _ name: String, _ mutations: [JSONValue], reinvocation: String = "Never",
    _ more: JSONObject = [:]
  ) async throws {
    var spec = more
    spec["mutations"] = .array(mutations)
    spec["reinvocationPolicy"] = .string(reinvocation)
    try await lab.policy(Self.kind, name, spec)
  }

  private func adding(_ name: String) -> JSONValue {
    patch("[JSONPatch{op: 'add', path: '/data/\(name)', value: 'x'}]")
  }

  /// The next policy sees what the one before it has made.
  @Test func oneAfterTheOther() async throws {
    let lab = try await lab()
    try await policy(lab, "a", [adding("a")])
    try await policy(lab, "b", [apply("Object{data: Object.data{seen: string('a' in object.data)}}")])
    let made = try await lab.create(AdmissionLab.config("c", ["k": "v"]), "configmaps").object
    #expect(made["data"] == ["k": "v", "a": "x", "seen": "true"])
  }

  /// A mutation that fails does not keep the others of its policy from being done where failures are passed over.
  @Test func failuresThatArePassedOver() async throws {
    let lab = try await lab()
    try await policy(
      lab, "p", [patch("[JSONPatch{op: 'remove', path: '/data/none'}]"), adding("after")],
      ["failurePolicy": "Ignore"])
    let made = try await lab.create(AdmissionLab.config("c", ["k": "v"]), "configmaps").object
    #expect(made["data"] == ["k": "v", "after": "x"])
  }

  @Test func failures() async throws {
    let lab = try await lab()
    try await policy(lab, "p", [patch("[JSONPatch{op: 'remove', path: '/data/none'}]"), apply("Object{nope: 'x'}")])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    let words = "policy 'p' with binding 'p' denied request: "
    #expect(refusal.message.hasPrefix(words + "JSON Patch: "))
    #expect(refusal.reason == .invalid && refusal.code == 403)
    #expect(
      refusal.details?.causes.map(\.message).last
        == words
        + "error applying patch: failed to convert patch object to typed object: .nope: field not declared in schema")
  }

  @Test func misconfiguration() async throws {
    let lab = try await lab()
    try await policy(lab, "p", [adding("a")], ["paramKind": ["apiVersion": "example.com/v1", "kind": "None"]])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(
      refusal.message
        == "policy \"p\" denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=None'"
    )
    #expect(refusal.reason == .forbidden && refusal.code == 403)
  }

  @Test(arguments: [
    ("Object{data: Object.dat{a: 'x'}}", "type mismatch: unexpected type name \"Object.dat\""),
    ("Object{immutable: 'x'}", ".immutable: expected boolean, got"),
    ("Object{data: Object.data{a: 1}}", ".data.a: expected string, got"),
  ])
  func configurationsThatDoNotFit(expression: String, words: String) async throws {
    let lab = try await lab()
    try await policy(lab, "p", [apply(expression)])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(refusal.message.contains(words), "\(refusal.message)")
  }

  /// A patch may not make what the kind has not: nobody would hear of what is lost.
  @Test func patchesAreStrict() async throws {
    let lab = try await lab()
    try await policy(lab, "p", [patch("[JSONPatch{op: 'add', path: '/nope', value: 'x'}]")])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(refusal.code == 500 && refusal.message.contains("strict decoding error: unknown field \"nope\""))
  }

  @Test func patchesThatAreNotMeant() async throws {
    let lab = try await lab()
    try await policy(
      lab, "p",
      [
        patch(
          "[JSONPatch{op: 'test', path: '/data/k', value: 'other'}, JSONPatch{op: 'add', path: '/data/a', value: 'x'}]")
      ])
    let made = try await lab.create(AdmissionLab.config("c", ["k": "v"]), "configmaps").object
    #expect(made["data"] == ["k": "v"])
  }

  @Test func partsInPatchesAreNamedForTheirPlaces() async throws {
    let lab = try await lab()
    try await policy(
      lab, "p",
      [patch("[JSONPatch{op: 'add', path: '/metadata', value: Object.metadata{labels: Object.wrong{}}}]")])
    let refusal = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    #expect(refusal.message.contains("unexpected type name \"Object.wrong\""), "\(refusal.message)")
  }

  /// Only who wants to be asked again, and was asked before, is asked in the second round.
  @Test func reinvocation() async throws {
    let lab = try await lab()
    func counting(_ name: String) -> JSONValue {
      apply("Object{data: Object.data{\(name): 'x' + (has(object.data.\(name)) ? object.data.\(name) : '')}}")
    }
    try await policy(lab, "a", [counting("again")], reinvocation: "IfNeeded")
    try await policy(lab, "b", [counting("once")])
    try await policy(
      lab, "c", [counting("late")], reinvocation: "IfNeeded",
      ["matchConditions": [["name": "second", "expression": "has(object.data.again) && object.data.again == 'xx'"]]])
    let made = try await lab.create(AdmissionLab.config("c", ["k": "v"]), "configmaps").object
    #expect(made["data"] == ["k": "v", "again": "xx", "once": "x"])
  }

  /// Which policies are asked is decided by the object as it came.
  @Test func selectionPrecedesChange() async throws {
    let lab = try await lab()
    try await policy(
      lab, "a", [apply("Object{metadata: Object.metadata{labels: Object.metadata.labels{pick: 'yes'}}}")])
    try await policy(
      lab, "b", [adding("b")],
      [
        "matchConstraints": AdmissionLab.constraints(
          ["configmaps"], ["objectSelector": ["matchLabels": ["pick": "yes"]]])
      ])
    let made = try await lab.create(AdmissionLab.config("c", ["k": "v"]), "configmaps").object
    #expect(made["data"] == ["k": "v"] && made["metadata"]?["labels"]?["pick"] == "yes")
  }

  @Test func removalsHaveNothingToChange() async throws {
    let lab = try await lab()
    try await lab.create(AdmissionLab.config("c"), "configmaps")
    try await policy(lab, "p", [adding("a")])
    let context = lab.context("delete", namespace: "n", name: "c")
    _ = try await lab.registry.delete(lab.target("configmaps"), context, namespace: "n", name: "c", DeleteOptions())
    #expect(throws: StatusError.self) { try lab.registry.find(lab.target("configmaps"), namespace: "n", name: "c") }
  }
}
