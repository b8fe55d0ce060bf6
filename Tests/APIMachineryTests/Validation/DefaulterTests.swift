import Testing

@testable import APIMachinery

@Suite("Defaults")
struct DefaulterTests {
  private static let schema = #"""
    {"type": "object", "properties": {
      "spec": {"type": "object", "properties": {
        "replicas": {"type": "integer", "default": 1},
        "nullable": {"type": "string", "nullable": true, "default": "x"},
        "bare": {"type": "string"},
        "outer": {"type": "object", "properties": {"inner": {"type": "string", "default": "deep"}}},
        "made": {"type": "object", "default": {}, "properties": {"inner": {"type": "string", "default": "deep"}}},
        "list": {"type": "array", "items": {"type": "object", "default": {"a": "item"},
          "properties": {"a": {"type": "string"}, "b": {"type": "string", "default": "bee"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {
          "b": {"type": "string", "default": "bee"}}}}}}}}
    """#

  @Test(
    "where defaults are filled in",
    arguments: [
      (#"{}"#, #"{}"#),
      (#"{"spec": {}}"#, #"{"spec": {"replicas": 1, "nullable": "x", "made": {"inner": "deep"}}}"#),
      (
        #"{"spec": {"replicas": 2, "nullable": null, "made": {"inner": "own"}, "outer": {}}}"#,
        #"{"spec": {"replicas": 2, "nullable": null, "made": {"inner": "own"}, "outer": {"inner": "deep"}}}"#
      ),
      (
        #"{"spec": {"replicas": null, "nullable": "y", "bare": null, "made": null, "list": [null, {"a": "1"}]}}"#,
        #"""
        {"spec": {"replicas": 1, "nullable": "y", "bare": null, "made": {"inner": "deep"},
          "list": [{"a": "item", "b": "bee"}, {"a": "1", "b": "bee"}]}}
        """#
      ),
      (
        #"{"spec": {"replicas": 1, "nullable": "y", "made": {"inner": 1}, "map": {"x": {}, "y": {"b": "1"}}}}"#,
        #"""
        {"spec": {"replicas": 1, "nullable": "y", "made": {"inner": 1}, "map": {"x": {"b": "bee"}, "y": {"b": "1"}}}}
        """#
      ),
      (#"{"spec": "no object"}"#, #"{"spec": "no object"}"#),
    ])
  func fillIn(text: String, expected: String) throws {
    var value = try parse(text)
    try Defaulter.fillIn(&value, by: customSchema(Self.schema))
    #expect(try value == parse(expected))
  }

  @Test("nulls that may not stand are removed, but for those that a default replaces")
  func nulls() throws {
    var value = try parse(
      #"""
      {"spec": {"replicas": null, "nullable": null, "bare": null, "unknown": null, "list": [null, {"a": null}],
        "map": {"x": null, "y": {"b": null}}}}
      """#)
    try Defaulter.removeNulls(from: &value, by: customSchema(Self.schema))
    #expect(
      try value
        == parse(
          #"""
          {"spec": {"replicas": null, "nullable": null, "unknown": null, "list": [null, {}], "map": {"y": {"b": null}}}}
          """#))
  }

  @Test("defaulting twice is defaulting once")
  func idempotent() throws {
    var generator = SeededGenerator(seed: 5)
    let schema = try customSchema(Self.schema)
    let words = ["spec", "replicas", "nullable", "bare", "outer", "inner", "made", "list", "map", "a", "b"]
    for _ in 0..<2000 {
      var value = JSONValue.object(["spec": JSONValue.random(words: words, depth: 5, using: &generator)])
      Defaulter.removeNulls(from: &value, by: schema)
      Defaulter.fillIn(&value, by: schema)
      let once = value
      Defaulter.fillIn(&value, by: schema)
      #expect(value == once)
    }
  }
}
