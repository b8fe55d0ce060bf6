import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct DeviceValidationTests {
  private static let label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  private static let anyRequest =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
  private static let identifier =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"
  private static let one = #"{"name":"a","exactly":{"deviceClassName":"c"}}"#

  private static func claim(_ devices: String) -> String {
    #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim","metadata":{"name":"d","namespace":"n"},"spec":{"devices":{\#(devices)}}}"#
  }

  @Test(
    arguments: [
      (#""requests":[\#(one)]"#, []),
      (
        #""requests":[{"name":"A","exactly":{"deviceClassName":"","count":-1}},{"name":"b"}]"#,
        [
          #"spec.devices.requests[0].name: Invalid value: "A": \#(label)"#,
          "spec.devices.requests[0].exactly.deviceClassName: Required value",
          "spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero",
          "spec.devices.requests[1]: Required value: exactly one of `exactly` or `firstAvailable` is required",
        ]
      ),
      (#""requests":[\#(one),\#(one)]"#, [#"spec.devices.requests[1]: Duplicate value: "a""#]),
      (
        #""requests":[{"name":"a","firstAvailable":[{"name":"x","deviceClassName":"c"},{"name":"x","deviceClassName":"c","allocationMode":"All","count":1}]}]"#,
        [
          "spec.devices.requests[0].firstAvailable[1].count: Invalid value: 1: must not be specified when allocationMode is 'All'",
          #"spec.devices.requests[0].firstAvailable[1]: Duplicate value: "x""#,
        ]
      ),
      (
        #""requests":[{"name":"a","exactly":{"deviceClassName":"c","selectors":[{}],"tolerations":[{"operator":"Exists","value":"v"}]}}]"#,
        [
          "spec.devices.requests[0].exactly.selectors[0].cel: Required value",
          #"spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator `Exists`"#,
        ]
      ),
      (
        #""requests":[\#(one)],"constraints":[{"requests":["b"],"matchAttribute":"x"},{"requests":["a/b/c"],"matchAttribute":"d.io/1x"}]"#,
        [
          #"spec.devices.constraints[0].requests[0]: Invalid value: "b": \#(anyRequest)"#,
          #"spec.devices.constraints[0].matchAttribute: Invalid value: "x": a fully qualified name must be a domain and a name separated by a slash"#,
          #"spec.devices.constraints[1].requests[0]: Invalid value: "a/b/c": \#(anyRequest)"#,
          #"spec.devices.constraints[1].matchAttribute: Invalid value: "1x": \#(identifier)"#,
        ]
      ),
      (
        #""requests":[\#(one)],"config":[{},{"requests":["a"],"opaque":{"driver":"d.io","parameters":[1]}}]"#,
        [
          "spec.devices.config[0].opaque: Required value",
          #"spec.devices.config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object"#,
        ]
      ),
    ] as [(String, [String])])
  func claims(devices: String, expected: [String]) throws {
    let found = try problems(Self.claim(devices))
    #expect(found == expected)
  }

  /// What cannot change is not judged again, and of a change nothing else is said.
  @Test func changesOfClaims() throws {
    let old = Self.claim(#""requests":[\#(Self.one)]"#)
    let errors = try problems(of: Self.claim(#""requests":[{"name":"A"}]"#), after: old)
    #expect(errors.count == 1)
    #expect(errors[0].hasPrefix("spec: Invalid value: "))
    #expect(errors[0].hasSuffix(": field is immutable"))
  }

  @Test func classes() throws {
    #expect(
      try problems(
        #"{"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"c"},"spec":{"selectors":[{}],"config":[{}],"extendedResourceName":"cpu"}}"#
      ) == [
        "spec.selectors[0].cel: Required value", "spec.config[0].opaque: Required value",
        #"spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name"#,
      ])
  }

  private static let pool = #""driver":"d.io","pool":{"name":"p","resourceSliceCount":1}"#

  @Test(
    arguments: [
      (#"\#(pool),"nodeName":"n","devices":[{"name":"a"}]"#, []),
      (
        #""driver":"d.io","pool":{"name":"","resourceSliceCount":0},"allNodes":false"#,
        [
          "spec.pool.name: Required value",
          "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
          "spec.allNodes: Invalid value: false: must be either unset or set to true",
          "spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required",
        ]
      ),
      (
        #"\#(pool),"nodeName":"n","allNodes":true"#,
        [
          #"spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"#
        ]
      ),
      (
        #"\#(pool),"allNodes":true,"devices":[{"name":"a","nodeName":"n","attributes":{"x/y/z":{"int":1},"d.io/":{"bool":true},"v":{"version":"1.02.3"},"two":{"int":1,"bool":true}},"capacity":{"0c":{"value":"1"}}},{"name":"a"}]"#,
        [
          #"spec.devices[0].attributes: Invalid value: "": the name must not be empty"#,
          #"spec.devices[0].attributes[two]: Invalid value: {"IntValue":1,"BoolValue":true,"StringValue":null,"VersionValue":null,"IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}: exactly one value must be specified"#,
          #"spec.devices[0].attributes[v].version: Invalid value: "1.02.3": must be a string compatible with semver.org spec 2.0.0"#,
          #"spec.devices[0].capacity: Invalid value: "0c": \#(identifier)"#,
          "spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
          #"spec.devices[1]: Duplicate value: "a""#,
        ]
      ),
      (
        #"\#(pool),"perDeviceNodeSelection":true,"devices":[{"name":"a"}]"#,
        [
          "spec.devices[0]: Required value: exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
        ]
      ),
      (
        #"\#(pool),"allNodes":true,"devices":[{"name":"a","bindingConditions":["x","x"],"bindingFailureConditions":["x"]},{"name":"b","bindingConditions":["x"]}]"#,
        [
          #"spec.devices[0].bindingConditions[1]: Duplicate value: "x""#,
          #"spec.devices[0].bindingFailureConditions[0]: Invalid value: "x": bindingFailureConditions must not overlap with bindingConditions"#,
          "spec.devices[1].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions",
        ]
      ),
      (
        #"\#(pool),"allNodes":true,"sharedCounters":[{"name":"s","counters":{}},{"name":"s","counters":{"A":{"value":"1"}}}]"#,
        [
          "spec.sharedCounters[0].counters: Required value",
          #"spec.sharedCounters[1].counters: Invalid value: "A": \#(label)"#,
          #"spec.sharedCounters[1]: Duplicate value: "s""#,
        ]
      ),
    ] as [(String, [String])])
  func slices(spec: String, expected: [String]) throws {
    let found = try problems(
      #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s"},"spec":{\#(spec)}}"#)
    #expect(found == expected)
  }

  private static let device = #""driver":"d.io","pool":"p","device":"x""#
  private static let allocation = #""allocation":{"devices":{"results":[{"request":"a",\#(device)}]}}"#

  @Test(
    arguments: [
      (allocation, "", []),
      (
        #""reservedFor":[{"resource":"pods","name":"p","uid":"1"}]"#, "",
        ["status.reservedFor: Forbidden: may not be specified when `allocated` is not set"]
      ),
      (
        #""allocation":{"devices":{"results":[{"request":"b",\#(device)}]}}"#, "",
        [
          #"status.allocation.devices.results[0].request: Invalid value: "b": \#(anyRequest)"#
        ]
      ),
      (
        #"\#(allocation),"reservedFor":[{"resource":"","name":"p","uid":"1"},{"resource":"pods","name":"p","uid":"1"}]"#,
        "",
        ["status.reservedFor[0].resource: Required value", #"status.reservedFor[1]: Duplicate value: "1""#]
      ),
      (
        #"\#(allocation),"devices":[{\#(device)},{"driver":"d.io","pool":"p","device":"y"}]"#, allocation,
        [
          #"status.devices[1]: Invalid value: {"Driver":"d.io","Pool":"p","Device":"y","ShareID":""}: must be an allocated device in the claim"#
        ]
      ),
    ] as [(String, String, [String])])
  func statuses(new: String, old: String, expected: [String]) throws {
    func object(_ status: String) throws -> JSONValue {
      try complete(
        #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim","metadata":{"name":"d","namespace":"n","resourceVersion":"1"},"spec":{"devices":{"requests":[\#(Self.one)]}},"status":{\#(status)}}"#
      )
    }
    let value = try object(new)
    #expect(
      builtin.validate(
        value, old: try object(old), kind: try #require(kindOf(value)), subresource: "status"
      ).map(\.description) == expected)
  }

  @Test(
    arguments: [
      ("1.2.3", true), ("1.2.3-alpha.1+b.01", true), ("1.2", false), ("1.2.3-01", false), ("1.2.3-", false),
      ("1.2.3+", false), ("v1.2.3", false), ("1.2.3-0a", true),
    ])
  func versions(text: String, isOne: Bool) { #expect(SemanticVersion.isOne(text) == isOne) }
}
