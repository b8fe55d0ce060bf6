import APIMachinery
import Testing

@testable import APIServer

@Suite struct PolicyIndexTests {
  @Test func policiesWithBindingsInTheOrderOfTheirNames() async throws {
    let lab = try await AdmissionLab { _, _, _ in [] }
    let index = PolicyIndex<ValidatingPolicy>(lab.store, resource: "validatingadmissionpolicies")
    #expect(index.bound.isEmpty)
    let kind = "ValidatingAdmissionPolicy"
    let spec: JSONObject = ["validations": [["expression": "true"]]]
    try await lab.policy(kind, "b", spec)
    try await lab.policy(kind, "a", spec, binding: ["validationActions": ["Warn", "Audit"]])
    try await lab.policy(kind, "unbound", spec, bound: false)
    #expect(index.bound.map(\.name) == ["a", "b"])
    #expect(index.bound[0].bindings.map(\.actions) == [["Warn", "Audit"]])

    let place = "admissionregistration.k8s.io/v1"
    let binding = try lab.target("validatingadmissionpolicybindings", place)
    let context = lab.context("delete", namespace: "", name: "a")
    _ = try await lab.registry.delete(binding, context, namespace: "", name: "a", DeleteOptions())
    #expect(index.bound.map(\.name) == ["b"])
    // A binding may come before its policy.
    try await lab.create(
      [
        "apiVersion": .string(place), "kind": "ValidatingAdmissionPolicyBinding", "metadata": ["name": "early"],
        "spec": ["policyName": "late", "validationActions": ["Deny"]],
      ], "validatingadmissionpolicybindings", place)
    #expect(index.bound.map(\.name) == ["b"])
    try await lab.policy(kind, "late", spec, bound: false)
    #expect(index.bound.map(\.name) == ["b", "late"])
  }

  /// A policy that changes is compiled anew.
  @Test func changes() async throws {
    let lab = try await AdmissionLab { _, _, _ in [] }
    let index = PolicyIndex<ValidatingPolicy>(lab.store, resource: "validatingadmissionpolicies")
    let place = "admissionregistration.k8s.io/v1"
    try await lab.policy("ValidatingAdmissionPolicy", "p", ["validations": [["expression": "true"]]])
    #expect(index.bound[0].policy.validations.map(\.expression.text) == ["true"])
    let target = try lab.target("validatingadmissionpolicies", place)
    let context = lab.context("update", namespace: "", name: "p")
    _ = try await lab.registry.change(target, context, manager: "m", operation: .update) { current in
      var changed = current
      changed["spec"] = .object((changed["spec"]?.objectValue ?? [:]).setting("validations", [["expression": "false"]]))
      return changed
    }
    #expect(index.bound[0].policy.validations.map(\.expression.text) == ["false"])
  }
}

extension JSONObject {
  fileprivate func setting(_ name: String, _ value: JSONValue) -> JSONObject {
    var copy = self
    copy[name] = value
    return copy
  }
}
