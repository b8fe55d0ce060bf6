import APIMachinery
import Testing

@testable import ClusterAPI

/// Members that OpenAPI calls required, of which the API asks nothing more than their form, or nothing at all.
@Suite struct EmptyValuesTests {
  private static let accepted = [
    #"{"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{"name":"d.example.com"},"#
      + #""spec":{"tokenRequests":[{"audience":"","expirationSeconds":3600}]}}"#,
    #"{"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{"name":"d.example.com"},"#
      + #""spec":{"tokenRequests":[{}]}}"#,
    pod(#"{"livenessProbe":{"httpGet":{"port":80,"httpHeaders":[{"name":"X-Empty","value":""},{"name":"X-None"}]}}}"#),
    pod("{}", #"{"securityContext":{"sysctls":[{"name":"kernel.shm_rmid_forced","value":""}]}}"#),
    #"{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"s","namespace":"n"},"#
      + #""addressType":"IPv4","endpoints":[{"addresses":["10.1.2.3"],"hints":{"forZones":[{"name":""}]}}],"ports":[]}"#,
    slice(#""devices":[{"name":"d","capacity":{"memory":{}}}]"#),
    slice(#""sharedCounters":[{"name":"c","counters":{"memory":{}}}]"#),
  ]

  @Test(arguments: accepted) func areTaken(_ json: String) throws { #expect(try problems(json) == []) }

  /// What is written out although nothing was said: the zero value.
  @Test func areServed() throws {
    let driver = try complete(Self.accepted[1])
    #expect(driver["spec"]?["tokenRequests"] == [["audience": ""]])
    let headers = try complete(Self.accepted[2])["spec"]?.items("containers").first?["livenessProbe"]?["httpGet"]
    #expect(headers?["httpHeaders"] == [["name": "X-Empty", "value": ""], ["name": "X-None", "value": ""]])
    let device = try complete(Self.accepted[5])["spec"]?.items("devices").first
    #expect(device?["capacity"] == ["memory": ["value": "0"]])
  }

  @Test(arguments: [
    (
      pod(#"{"livenessProbe":{"httpGet":{"port":80,"httpHeaders":[{"value":"x"}]}}}"#),
      #"httpHeaders: Invalid value: "": a valid HTTP header"#
    ),
    (
      pod("{}", #"{"hostAliases":[{"hostnames":["a"]}]}"#), #"hostAliases[0].ip: Invalid value: "": must be a valid IP"#
    ),
    (pod(#"{"resources":{"claims":[{}]}}"#), "spec.containers[0].resources.claims[0]: Required value"),
    (
      pod("{}", #"{"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone"}]}"#),
      #"whenUnsatisfiable: Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway""#
    ),
    (
      #"{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"r"}}"#,
      "handler: Required value"
    ),
    (
      #"{"apiVersion":"v1","kind":"Endpoints","metadata":{"name":"e","namespace":"n"},"#
        + #""subsets":[{"addresses":[{}],"ports":[{"port":80}]}]}"#,
      #"subsets[0].addresses[0].ip: Invalid value: "": must be a valid IP address"#
    ),
    (
      #"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"b","namespace":"n"},"#
        + #""roleRef":{"apiGroup":"rbac.authorization.k8s.io","name":"view"}}"#,
      #"roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole""#
    ),
  ]) func areJudgedByTheirForm(_ json: String, _ expected: String) throws {
    let found = try problems(json)
    #expect(found.contains { $0.contains(expected) }, "\(found)")
    // Said once: that it is missing is not said beside it.
    #expect(expected.contains("Required") || !found.contains { $0.contains("Required value") }, "\(found)")
    #expect(found.count { $0.contains("Required value") } <= 1)
  }

  /// - Parameters:
  ///   - container: members of the container.
  ///   - spec: members of the spec.
  private static func pod(_ container: String, _ spec: String = "{}") -> String {
    let container = "{\"name\":\"c\",\"image\":\"i\"" + rest(container)
    return "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"namespace\":\"n\"},"
      + "\"spec\":{\"containers\":[\(container)]" + rest(spec) + "}"
  }

  private static func rest(_ members: String) -> String {
    members == "{}" ? "}" : "," + members.dropFirst()
  }

  private static func slice(_ content: String) -> String {
    #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s"},"#
      + #""spec":{"driver":"d.example.com","nodeName":"n","pool":{"name":"p","resourceSliceCount":1},"# + content + "}}"
  }
}
