import APIMachinery
import Testing

@testable import APIServer

@Suite struct PolicyParametersTests {
  private func lab() async throws -> AdmissionLab {
    let lab = try await AdmissionLab { _, _, _ in [] }
    for (name, namespace) in [("a", "n"), ("b", "n"), ("a", "other")] {
      try await lab.create(
        AdmissionLab.config(name, ["from": .string(namespace)], labels: ["name": .string(name)]), "configmaps",
        namespace: namespace)
    }
    return lab
  }

  private func names(
    _ lab: AdmissionLab, _ reference: JSONValue, namespace: String = "n",
    kind: JSONValue? = ["apiVersion": "v1", "kind": "ConfigMap"]
  ) async throws -> [String] {
    let parameters = PolicyParameters(lab.registry)
    let target = try kind.map { try parameters.resource(of: $0) }
    return try await parameters.read(parameters.find(target, reference, namespace: namespace)).map {
      $0 == .null
        ? "-" : "\($0["metadata"]?["namespace"]?.stringValue ?? "")/\($0["metadata"]?["name"]?.stringValue ?? "")"
    }
  }

  private func problem(
    _ lab: AdmissionLab, _ reference: JSONValue, namespace: String = "n",
    kind: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap"]
  ) async throws -> String {
    let error = await #expect(throws: PolicyParameters.Problem.self) {
      try await names(lab, reference, namespace: namespace, kind: kind)
    }
    return try #require(error).message
  }

  @Test func byName() async throws {
    let lab = try await lab()
    #expect(try await names(lab, ["name": "a", "parameterNotFoundAction": "Deny"]) == ["n/a"])
    #expect(try await names(lab, ["name": "a", "namespace": "other"]) == ["other/a"])
    #expect(try await names(lab, ["name": "a"], namespace: "other") == ["other/a"])
    #expect(try await names(lab, ["name": "none", "parameterNotFoundAction": "Allow"]) == [])
    #expect(
      try await problem(lab, ["name": "none", "parameterNotFoundAction": "Deny"])
        == "no params found for policy binding with `Deny` parameterNotFoundAction")
  }

  @Test func bySelector() async throws {
    let lab = try await lab()
    #expect(try await names(lab, ["selector": [:]]) == ["n/a", "n/b"])
    #expect(try await names(lab, ["selector": ["matchLabels": ["name": "b"]]]) == ["n/b"])
    #expect(try await names(lab, ["selector": ["matchLabels": ["name": "c"]]]) == [])
  }

  /// A policy without parameters, and a binding without any, see nothing instead.
  @Test func none() async throws {
    let lab = try await lab()
    #expect(try await names(lab, ["name": "a"], kind: nil) == ["-"])
    #expect(try await names(lab, .null) == ["-"])
  }

  @Test func places() async throws {
    let lab = try await lab()
    #expect(
      try await problem(lab, ["name": "a"], namespace: "")
        == "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
    #expect(
      try await problem(lab, ["name": "a", "namespace": "n"], kind: ["apiVersion": "v1", "kind": "Namespace"])
        == "paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    #expect(
      try await problem(lab, ["name": "a"], kind: ["apiVersion": "v1", "kind": "None"])
        == "failed to find resource referenced by paramKind: '/v1, Kind=None'")
    #expect(
      try await problem(lab, ["name": "a"], kind: ["apiVersion": "a/b/c", "kind": "None"])
        == "unexpected GroupVersion string: a/b/c")
    #expect(try await problem(lab, ["namespace": "n"]) == "one of name or selector must be provided")
  }

  /// They are kept in one version; the policy names the one that it reads.
  @Test func versions() async throws {
    let lab = try await lab()
    try await lab.create(
      [
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": ["name": "h"],
        "spec": [
          "scaleTargetRef": ["kind": "Deployment", "name": "d", "apiVersion": "apps/v1"], "maxReplicas": 3,
          "metrics": [
            [
              "type": "Resource",
              "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 7]],
            ]
          ],
        ],
      ], "horizontalpodautoscalers", "autoscaling/v2")
    let parameters = PolicyParameters(lab.registry)
    let target = try parameters.resource(of: ["apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler"])
    let found = try await parameters.read(parameters.find(target, ["name": "h"], namespace: "n"))
    #expect(found.map { $0["spec"]?["targetCPUUtilizationPercentage"] } == [7])
  }
}
