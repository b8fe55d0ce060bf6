import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite("What a scale is read from")
struct ScaleRulesTests {
  private static let version = ResourceVersion(
    name: "v1", definitionName: "com.example.v1.Thing", schema: Schema(.object, preservesUnknownFields: true),
    subresources: [
      Subresource(
        name: "scale",
        kind: KindDescription(
          GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"), definitionName: "",
          schema: Schema(.object)), verbs: [.get],
        behaviour: .scale(
          ScalePaths(
            specReplicas: ".spec.replicas", statusReplicas: ".status.replicas", labelSelector: ".status.selector")))
    ])

  private func problems(_ object: JSONObject, subresource: String = "") -> [String] {
    ScaleRules.errors(in: object, Self.version, subresource: subresource).map(\.description)
  }

  @Test("counts that can be, and none")
  func good() {
    #expect(problems([:]).isEmpty)
    #expect(problems(["spec": .null, "status": ["replicas": 0, "selector": "a=b"]]).isEmpty)
    #expect(problems(["spec": ["replicas": 2_147_483_647]]).isEmpty)
  }

  @Test("counts out of bounds")
  func bounds() {
    #expect(
      problems(["spec": ["replicas": -1]]) == [".spec.replicas: Invalid value: -1: should be a non-negative integer"])
    #expect(
      problems(["status": ["replicas": 2_147_483_648]]) == [
        ".status.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647"
      ])
  }

  @Test("values of other types are told as Go names them")
  func types() {
    #expect(
      problems(["spec": ["replicas": "many"], "status": [1]]) == [
        ".spec.replicas: Invalid value: 0: .spec.replicas accessor error: many is of the type string, expected int64",
        ".status.replicas: Invalid value: 0: .status.replicas accessor error: [1] is of the type []interface {}, expected map[string]interface{}",
        #".status.selector: Invalid value: "": .status.selector accessor error: [1] is of the type []interface {}, expected map[string]interface{}"#,
      ])
  }

  @Test("of a status that is written alone only the status counts")
  func status() {
    #expect(problems(["spec": ["replicas": -1]], subresource: "status").isEmpty)
    #expect(problems(["status": ["replicas": -1]], subresource: "status").count == 1)
  }
}
