import APIMachinery
import Testing

@testable import ClusterAPI

/// Ingresses, network policies, slices, ranges, autoscalers and leases that break a rule, and what upstream says of each.
@Suite struct NetworkRulesTests {
  private func found(_ apiVersion: String, _ kind: String, _ body: String) throws -> [String] {
    try problems(
      #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"x","namespace":"n"},\#(body)}"#)
  }

  private static func path(_ more: String) -> String {
    #"{"rules":[{"http":{"paths":[{"path":"/",\#(more)}]}}]}"#
  }
  private static let place = "spec.rules[0].http.paths[0]"

  @Test(
    arguments: [
      (
        path(#""backend":{"service":{"name":"s","port":{"number":80}}}"#),
        ["\(place).pathType: Required value: pathType must be specified"]
      ),
      (
        path(#""pathType":"Prefix","backend":{"service":{"name":"s","port":{}}}"#),
        ["\(place).backend: Required value: port name or number is required"]
      ),
      (
        path(#""pathType":"Prefix","backend":{"service":{"name":"s","port":{"name":"a","number":1}}}"#),
        [#"\#(place).backend: Invalid value: "": cannot set both port name & port number"#]
      ),
      (
        path(#""pathType":"Prefix","backend":{}"#),
        [#"\#(place).backend: Invalid value: "": resource or service backend is required"#]
      ),
      (
        path(#""pathType":"Prefix","backend":{"resource":{"kind":"a/b","name":"x"}}"#),
        [#"\#(place).backend.resource.kind: Invalid value: "a/b": may not contain '/'"#]
      ),
      (
        path(#""pathType":"Prefix","backend":{"resource":{"kind":"K"}}"#),
        ["\(place).backend.resource.name: Required value"]
      ),
    ])
  func ingresses(spec: String, expected: [String]) throws {
    #expect(try found("networking.k8s.io/v1", "Ingress", #""spec":\#(spec)"#) == expected)
  }

  @Test(
    arguments: [
      (#""controller":"a.b/c""#, []),
      (
        #""controller":"a.b/c","parameters":{"kind":"K","name":"n","scope":"Namespace"}"#,
        ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"]
      ),
      (
        #""controller":"a.b/c","parameters":{"kind":"K","name":"n","namespace":"m"}"#,
        ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"]
      ),
      (
        #""controller":"a.b/c d""#,
        [
          #"spec.controller: Invalid value: "c d": Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')"#
        ]
      ),
    ] as [(String, [String])])
  func classesOfIngresses(spec: String, expected: [String]) throws {
    let kind = #"{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"x"},"spec":{\#(spec)}}"#
    #expect(try problems(kind) == expected)
  }

  @Test func rangesOfPorts() throws {
    #expect(
      try found(
        "networking.k8s.io/v1", "NetworkPolicy",
        #""spec":{"podSelector":{},"ingress":[{"ports":[{"port":80,"endPort":70}]}]}"#) == [
          "spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`"
        ])
  }

  @Test(
    arguments: [
      (#"["10.0.0.0/16","fd00::/112"]"#, []), ("[]", ["spec.cidrs: Required value: at least one CIDR required"]),
      (
        #"["10.0.0.0/16","10.1.0.0/16"]"#,
        [
          #"spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"#
        ]
      ),
    ] as [(String, [String])])
  func rangesOfServices(cidrs: String, expected: [String]) throws {
    #expect(try problems(Self.range(cidrs)) == expected)
  }

  private static func range(_ cidrs: String) -> String {
    #"{"apiVersion":"networking.k8s.io/v1","kind":"ServiceCIDR","metadata":{"name":"x"},"spec":{"cidrs":\#(cidrs)}}"#
  }

  @Test(
    arguments: [
      (#"["10.0.0.0/16"]"#, []),
      (#"["10.2.0.0/16"]"#, [#"spec.cidrs[0]: Invalid value: "10.2.0.0/16": field is immutable"#]),
      (#"["10.0.0.0/16","fd00::/112"]"#, []),
      (
        #"["10.0.0.0/16","10.1.0.0/16"]"#,
        [
          #"spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"#
        ]
      ),
      ("[]", ["spec.cidrs: Invalid value: null: field is immutable"]),
    ] as [(String, [String])])
  func rangesOfServicesGetAFamilyMore(cidrs: String, expected: [String]) throws {
    #expect(try problems(of: Self.range(cidrs), after: Self.range(#"["10.0.0.0/16"]"#)) == expected)
  }

  @Test(
    arguments: [
      (#""addressType":"FQDN","endpoints":[{"addresses":["a.b."]}]"#, []),
      (
        #""addressType":"FQDN","endpoints":[{"addresses":["a"]}]"#,
        [
          #"endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments separated by dots"#
        ]
      ),
      (
        #""addressType":"IPv4","endpoints":[{"addresses":["odd"]}]"#,
        [
          #"endpoints[0].addresses[0]: Invalid value: "odd": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
        ]
      ),
      (
        #""addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"hints":{"forZones":[{"name":"a"},{"name":"a"}]}}]"#,
        [#"endpoints[0].hints.forZones[1].name: Duplicate value: "a""#]
      ),
    ] as [(String, [String])])
  func slices(body: String, expected: [String]) throws {
    #expect(try found("discovery.k8s.io/v1", "EndpointSlice", body) == expected)
  }

  @Test func aSliceMayHaveManyPorts() throws {
    func ports(_ count: Int) -> String {
      let list = (0..<count).map { #"{"name":"p\#($0)","port":1}"# }.joined(separator: ",")
      return #""addressType":"IPv4","endpoints":[],"ports":[\#(list)]"#
    }
    #expect(try found("discovery.k8s.io/v1", "EndpointSlice", ports(101)) == [])
    #expect(
      try found("discovery.k8s.io/v1", "EndpointSlice", ports(20001))
        == ["ports: Too many: 20001: must have at most 20000 items"])
  }

  @Test(arguments: [
    (
      #"{"type":"Resource","resource":{"name":"cpu","target":{"type":"Odd","averageUtilization":1}}}"#,
      #"spec.metrics[0].resource.target.type: Invalid value: "Odd": must be either Utilization, Value, or AverageValue"#
    ),
    (
      #"{"type":"ContainerResource","containerResource":{"name":"cpu","container":"A_","target":{"type":"Utilization","averageUtilization":1}}}"#,
      #"spec.metrics[0].containerResource.container: Invalid value: "A_": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#
    ),
    (
      #"{"type":"Pods","pods":{"metric":{"name":"m"},"target":{"averageValue":"1"}}}"#,
      "spec.metrics[0].pods.target.type: Required value: must specify a metric target type"
    ),
  ])
  func autoscalers(metric: String, problem: String) throws {
    let all = try found(
      "autoscaling/v2", "HorizontalPodAutoscaler",
      #""spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},"maxReplicas":3,"metrics":[\#(metric)]}"#
    )
    #expect(all.first == problem)
  }

  @Test func driversOfANodeStay() throws {
    func node(_ driver: String) -> String {
      #"{"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"x"},"spec":{"drivers":[{"name":"d","nodeID":"i",\#(driver)}]}}"#
    }
    #expect(
      try problems(of: node(#""allocatable":{"count":5}"#), after: node(#""allocatable":{"count":3}"#)) == [])
    let found = try problems(of: node(#""topologyKeys":["a"]"#), after: node(#""topologyKeys":["b"]"#))
    #expect(found.count == 1 && found[0].hasPrefix("spec.drivers: Invalid value: "))
    #expect(found[0].hasSuffix(": field is immutable"))
  }

  /// Who gives a lease back leaves it without a holder.
  @Test(
    arguments: [
      (#""holderIdentity":"""#, []), (#""leaseDurationSeconds":1,"preferredHolder":"""#, []),
      (
        #""preferredHolder":"a""#,
        ["spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined"]
      ),
      (
        #""strategy":"Odd""#,
        [#"spec.strategy.strategy: Unsupported value: "Odd": supported values: "OldestEmulationVersion""#]
      ),
    ] as [(String, [String])])
  func leases(spec: String, expected: [String]) throws {
    #expect(try found("coordination.k8s.io/v1", "Lease", #""spec":{\#(spec)}"#) == expected)
  }
}
