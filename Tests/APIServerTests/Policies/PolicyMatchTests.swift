import APIMachinery
import Testing

@testable import APIServer

@Suite struct PolicyMatchTests {
  private func lab() async throws -> AdmissionLab { try await AdmissionLab { _, _, _ in [] } }

  private func find(
    _ lab: AdmissionLab, _ match: JSONValue, _ resource: String, _ place: String = "v1", name: String = "one",
    namespace: String = "n", object: JSONObject? = [:], old: JSONObject? = nil,
    operation: AdmissionRequest.Operation = .create, subresource: String = ""
  ) throws -> PolicyMatch.Found? {
    let request = AdmissionRequest(
      operation: operation, resource: try lab.target(resource, place), subresource: subresource, namespace: namespace,
      name: name, user: .server, object: object, oldObject: old, isDryRun: false,
      context: lab.context("create", namespace: namespace, name: name))
    let matcher = WebhookMatcher(store: lab.store, snapshot: lab.registry.catalog.snapshot)
    return try PolicyMatch(match).find(matcher, WebhookForm(request))
  }

  private func rule(_ resource: String, version: String = "*", names: [String] = [], group: String = "*") -> JSONValue {
    [
      "operations": ["*"], "apiGroups": [.string(group)], "apiVersions": [.string(version)],
      "resources": [.string(resource)], "resourceNames": .array(names.map { .string($0) }),
    ]
  }

  @Test func everythingWithoutRules() async throws {
    let lab = try await lab()
    let found = try #require(try find(lab, .null, "configmaps"))
    #expect(found.kind == GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"))
    #expect(try find(lab, ["resourceRules": []], "pods", subresource: "status") != nil)
  }

  @Test func names() async throws {
    let lab = try await lab()
    let match: JSONValue = ["resourceRules": [rule("configmaps", names: ["one", "two"])]]
    #expect(try find(lab, match, "configmaps") != nil)
    #expect(try find(lab, match, "configmaps", name: "three") == nil)
  }

  @Test func excluded() async throws {
    let lab = try await lab()
    let match: JSONValue = [
      "resourceRules": [rule("*")], "excludeResourceRules": [rule("configmaps", names: ["one"])],
    ]
    #expect(try find(lab, match, "configmaps") == nil)
    #expect(try find(lab, match, "configmaps", name: "two") != nil && (try find(lab, match, "secrets")) != nil)
  }

  /// Another version of the same objects matches, unless the policy wants none; the request's own comes first.
  @Test func equivalents() async throws {
    let lab = try await lab()
    func match(_ rules: [JSONValue], _ policy: String?) -> JSONValue {
      var match: JSONObject = ["resourceRules": .array(rules)]
      if let policy { match["matchPolicy"] = .string(policy) }
      return .object(match)
    }
    let v1 = rule("horizontalpodautoscalers", version: "v1", group: "autoscaling")
    let v2 = rule("horizontalpodautoscalers", version: "v2", group: "autoscaling")
    let found = try #require(
      try find(lab, match([v1], "Equivalent"), "horizontalpodautoscalers", "autoscaling/v2"))
    #expect(found.kind.version == "v1" && found.resource.version == "v1")
    #expect(try find(lab, match([v1], nil), "horizontalpodautoscalers", "autoscaling/v2") != nil)
    #expect(try find(lab, match([v1], "Exact"), "horizontalpodautoscalers", "autoscaling/v2") == nil)
    let both = try #require(
      try find(lab, match([v1, v2], "Equivalent"), "horizontalpodautoscalers", "autoscaling/v2"))
    #expect(both.kind.version == "v2")
  }

  /// Labels of the object as it was count as much as those that it is to have.
  @Test func selectors() async throws {
    let lab = try await lab()
    let match: JSONValue = ["objectSelector": ["matchLabels": ["a": "b"]]]
    let marked = AdmissionLab.config("one", labels: ["a": "b"])
    let plain = AdmissionLab.config("one")
    #expect(try find(lab, match, "configmaps", object: marked) != nil)
    #expect(try find(lab, match, "configmaps", object: plain) == nil)
    #expect(try find(lab, match, "configmaps", object: plain, old: marked, operation: .update) != nil)
    #expect(try find(lab, match, "configmaps", object: nil, old: marked, operation: .delete) != nil)
  }

  @Test func namespaces() async throws {
    let lab = try await lab()
    let match: JSONValue = ["namespaceSelector": ["matchLabels": ["team": "blue"]]]
    let namespace: JSONObject = [
      "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n", "labels": ["team": "blue"]],
    ]
    let error = #expect(throws: StatusError.self) { try find(lab, match, "configmaps") }
    #expect(error?.code == 404)
    // A namespace goes by the labels that it is about to have; what is in none is always meant.
    #expect(try find(lab, match, "namespaces", name: "n", namespace: "", object: namespace) != nil)
    #expect(try find(lab, match, "namespaces", name: "n", namespace: "", object: [:]) == nil)
    #expect(try find(lab, match, "nodes", namespace: "") != nil)
    try await lab.create(namespace, "namespaces")
    #expect(try find(lab, match, "configmaps") != nil)
    // An unusable namespace matters only to those who are asked about the resource.
    let secrets: JSONValue = [
      "namespaceSelector": ["matchLabels": ["team": "blue"]], "resourceRules": [rule("secrets")],
    ]
    #expect(try find(lab, secrets, "configmaps", namespace: "none") == nil)
  }
}
