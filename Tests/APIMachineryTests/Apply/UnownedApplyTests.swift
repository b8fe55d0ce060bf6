import Testing

@testable import APIMachinery

@Suite struct UnownedApplyTests {
  private static let schema = Result {
    try customSchema(
      #"""
      {"type": "object", "properties": {
        "count": {"type": "integer"}, "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "selector": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"name": {"type": "string"}}},
        "finalizers": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "containers": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "items": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "image": {"type": "string"},
            "command": {"type": "array", "items": {"type": "string"}}}}}}}
      """#)
  }

  private func merge(_ configuration: JSONObject, into live: JSONObject) throws -> JSONObject {
    try UnownedApply.merge(configuration, into: live, by: try Self.schema.get())
  }

  private func problem(_ configuration: JSONObject, into live: JSONObject = [:]) throws -> String {
    try #require(#expect(throws: ApplyError.self) { try merge(configuration, into: live) }).message
  }

  @Test func nothingIsRemoved() throws {
    let live: JSONObject = ["count": 1, "labels": ["a": "1"], "finalizers": ["x"]]
    #expect(try merge([:], into: live) == live)
    #expect(
      try merge(["count": 2, "labels": ["b": "2"], "finalizers": ["y", "x"]], into: live)
        == ["count": 2, "labels": ["a": "1", "b": "2"], "finalizers": ["y", "x"]])
  }

  @Test func itemsAreFoundByTheirKeys() throws {
    let live: JSONObject = [
      "containers": [["name": "a", "image": "i", "command": ["c"]], ["name": "b", "image": "j"]]
    ]
    #expect(
      try merge(["containers": [["name": "b", "image": "k"], ["name": "c"]]], into: live)["containers"] == [
        ["name": "a", "image": "i", "command": ["c"]], ["name": "b", "image": "k"], ["name": "c"],
      ])
  }

  /// What the object holds may be older than a rule: only the configuration is judged by it.
  @Test func duplicatesInTheObject() throws {
    #expect(try merge(["count": 1], into: ["finalizers": ["x", "x"]])["count"] == 1)
    #expect(try problem(["finalizers": ["x", "x"]]).contains("duplicate entries"))
  }

  @Test func whatHasOneOwnerIsNotReplaced() throws {
    let words = "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
    #expect(try problem(["selector": ["name": "x"]]) == words + ".selector")
    #expect(
      try problem(["containers": [["name": "a"], ["name": "b", "command": ["x"]]], "selector": [:]])
        == words + ".containers[1].command, .selector")
  }

  @Test func shapes() throws {
    let words = "failed to convert patch object to typed object: "
    #expect(try problem(["nope": 1]) == words + ".nope: field not declared in schema")
    #expect(try problem(["count": "x"]) == words + ".count: expected numeric (int or float), got string")
    #expect(try problem(["nope": 1, "none": 1]).hasPrefix(words + "errors:\n"))
    #expect(
      try problem(["count": 1], into: ["labels": 1]).hasPrefix("failed to convert original object to typed object: "))
  }
}
