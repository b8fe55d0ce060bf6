import APIMachinery
import Testing

@testable import ClusterAPI

/// Parts of devices and of their claims that few use.
@Suite struct DeviceDetailsTests {
  private static func slice(_ device: String) -> String {
    #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s"},"spec":{"driver":"d.io","pool":{"name":"p","resourceSliceCount":1},"allNodes":true,"devices":[{"name":"a",\#(device)}]}}"#
  }

  private static let place = "spec.devices[0].capacity[memory].requestPolicy"

  @Test(
    arguments: [
      ("{}", []),
      (
        #"{"default":"1","validValues":["1"],"validRange":{"min":"1"}}"#,
        [
          #"\#(place): Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time"#
        ]
      ),
      (#"{"validValues":["1"]}"#, ["\(place).default: Required value: required when validValues is defined"]),
      (#"{"default":"2","validValues":["2","4","8"]}"#, []),
      (
        #"{"default":"3","validValues":["4","2","2","20"]}"#,
        [
          #"\#(place).validValues[1]: Invalid value: "2": values must be sorted in ascending order"#,
          #"\#(place).validValues[3]: Invalid value: "20": option is larger than capacity value: 10"#,
          #"\#(place).validValues[2]: Duplicate value: "2""#,
          #"\#(place).validValues: Invalid value: "3": default value is not valid according to the requestPolicy"#,
        ]
      ),
      (#"{"default":"4","validRange":{"min":"2","max":"8","step":"2"}}"#, []),
      (
        #"{"default":"1","validRange":{"min":"2","max":"11","step":"2"}}"#,
        [
          #"\#(place).validRange.min: Invalid value: "1": default is less than min: 2"#,
          #"\#(place).validRange.max: Invalid value: "11": max is larger than capacity value: 10"#,
          #"\#(place).validRange.step: Invalid value: "1": value is not a multiple of a given step (2) from (2)"#,
          #"\#(place).validRange.step: Invalid value: "11": value is not a multiple of a given step (2) from (2)"#,
        ]
      ),
      (
        #"{"default":"12","validRange":{"min":"11","step":"0"}}"#,
        [
          #"\#(place).validRange.min: Invalid value: "11": min is larger than capacity value: 10"#,
          #"\#(place).validRange.step: Invalid value: "0": must be greater than zero"#,
        ]
      ),
    ] as [(String, [String])])
  func requestPolicies(policy: String, expected: [String]) throws {
    func slice(_ more: String) -> String {
      Self.slice(#"\#(more)"capacity":{"memory":{"value":"10","requestPolicy":\#(policy)}}"#)
    }
    #expect(try problems(slice(#""allowMultipleAllocations":true,"#)) == expected)
    #expect(try problems(slice("")) == ["\(Self.place): Forbidden: allowMultipleAllocations must be true"])
    // What was there before is not judged again.
    let stored = slice(#""allowMultipleAllocations":true,"#)
    #expect(try problems(of: stored, after: stored) == [])
  }

  @Test func taintsHaveATime() throws {
    let value = try complete(Self.slice(#""taints":[{"key":"k","effect":"NoSchedule"}]"#))
    let taint = value["spec"]?.items("devices").first?.items("taints").first
    #expect(Timestamp(taint?.text("timeAdded") ?? "") != nil)
  }

  @Test func namesThatAreTooLong() throws {
    let name = "d.io/" + String(repeating: "x", count: 100)
    #expect(
      try problems(Self.slice(#""attributes":{"\#(name)":{}}"#)) == [
        "spec.devices[0].attributes: Too long: may not be more than 32 bytes",
        "spec.devices[0].attributes[d.io/\(String(repeating: "x", count: 42))...\(String(repeating: "x", count: 46))]: Invalid value: \"\": exactly one value must be specified",
      ])
  }

  @Test func driversAreLowercase() throws {
    let value = try complete(
      #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","spec":{"driver":"D.io"}}"#)
    #expect(
      builtin.warnings(of: value, old: nil, kind: try #require(kindOf(value))) == [
        #"spec.driver: driver names should be lowercase; "D.io" contains uppercase characters"#
      ])
  }

  @Test(
    arguments: [
      ("24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0a1", nil),
      ("24D9B6D6-3C1F-4D55-8D3C-5C1A5B2FF0A1", "normal"), ("24d9b6d63c1f4d558d3c5c1a5b2ff0a1", "normal"),
      ("{24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0a1}", "normal"),
      ("urn:uuid:24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0a1", "normal"),
      ("urn-uuid:24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0a1", #"invalid urn prefix: "urn-uuid:""#),
      ("24d9b6d6-3c1f-4d55-8d3c", "invalid UUID length: 23"),
      ("24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0ag", "invalid UUID format"),
      ("(24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0a1)", "invalid bracketed UUID format"),
    ])
  func identifiers(text: String, problem: String?) {
    let normal =
      "uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters"
    let expected = problem.map { [$0 == "normal" ? normal : "error validating uid: \($0)"] } ?? []
    #expect(UniversalIdentifierRules.problems(text) == expected)
  }

  private static let device = #""driver":"d.io","pool":"p","device":"x""#

  private static func claim(_ status: String) throws -> JSONValue {
    try complete(
      #"{"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim","metadata":{"name":"d","namespace":"n","resourceVersion":"1"},"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"c"}}]}},"status":{\#(status)}}"#
    )
  }

  @Test(
    arguments: [
      (
        #"{"type":"Ready","status":"True","reason":"R","message":"","lastTransitionTime":"2025-01-01T00:00:00Z"}"#,
        []
      ),
      (
        #"{"type":"","status":"Maybe","reason":"9","message":""}"#,
        [
          "status.devices[0].conditions[0].lastTransitionTime: Required value",
          #"status.devices[0].conditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown""#,
          #"status.devices[0].conditions[0].reason: Invalid value: "9": a condition reason must start"#,
        ]
      ),
    ] as [(String, [String])])
  func conditions(condition: String, expected: [String]) throws {
    let allocation = #""allocation":{"devices":{"results":[{"request":"a",\#(Self.device)}]}}"#
    let old = try Self.claim(allocation)
    let new = try Self.claim(#"\#(allocation),"devices":[{\#(Self.device),"conditions":[\#(condition)]}]"#)
    let kind = try #require(kindOf(new))
    let found = builtin.validate(new, old: old, kind: kind, subresource: "status").map(\.description)
    for text in expected { #expect(found.contains { $0.hasPrefix(text) }, "\(text) in \(found)") }
    if expected.isEmpty { #expect(found == []) }
  }

  @Test func whatDriversTellGoesWithTheDevice() throws {
    let allocation = #""allocation":{"devices":{"results":[{"request":"a",\#(Self.device)}]}}"#
    let old = try Self.claim(#"\#(allocation),"devices":[{\#(Self.device)}]"#)
    let kind = try #require(kindOf(old))
    var new = try Self.claim(#""devices":[{\#(Self.device)}]"#)
    builtin.prepareForUpdate(&new, old: old, kind: kind, subresource: "status")
    #expect(new["status"]?["devices"] == nil)
    var same = old
    builtin.prepareForUpdate(&same, old: old, kind: kind, subresource: "status")
    #expect(same["status"]?.items("devices").count == 1)
  }

  /// An expression that was stored is good still; one that is new must compile.
  @Test func selectorsOfClasses() throws {
    func deviceClass(_ expression: String, _ label: String = "a") -> String {
      #"{"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"c","labels":{"l":"\#(label)"}},"spec":{"selectors":[{"cel":{"expression":"\#(expression)"}}]}}"#
    }
    #expect(try problems(deviceClass("device.driver == 'd.io'")) == [])
    #expect(try problems(deviceClass("1")).count == 1)
    #expect(try problems(of: deviceClass("1", "b"), after: deviceClass("1")) == [])
    #expect(try problems(of: deviceClass("2"), after: deviceClass("1")).count == 1)
  }
}
