import Testing

@testable import APIMachinery

@Suite("Pruning")
struct PrunerTests {
  private static let schema = #"""
    {"type": "object", "properties": {
      "spec": {"type": "object", "properties": {
        "known": {"type": "string"},
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "object", "properties": {"a": {"type": "string"}}}},
        "open": {"type": "object", "additionalProperties": true},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
          "properties": {"strict": {"type": "object", "properties": {"a": {"type": "string"}}}}},
        "any": {"x-kubernetes-preserve-unknown-fields": true},
        "template": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {
          "spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}}}
    """#

  @Test("unknown fields go, with their paths")
  func custom() throws {
    let schema = try customSchema(Self.schema)
    let metadata = try #require(SampleDefinitions.registry()["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"])
    var value = try parse(
      #"""
      {"apiVersion": "example.com/v1", "kind": "Timetable", "metadata": {"name": "a", "odd": 1}, "extra": {"a": 1},
       "spec": {"known": "k", "unknown": {"deep": 1}, "list": [{"a": "1", "b": 2}, "text", {"b": 3}],
         "map": {"x": {"a": "1", "b": 2}}, "open": {"x": {"y": 1}, "z": 2},
         "free": {"odd": {"odder": 1}, "strict": {"a": "1", "b": 2}}, "any": [{"x": {"y": 1}}],
         "template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "odd": 2},
           "spec": {"a": "1", "b": 2}, "status": {}}}}
      """#)
    let unknown = Pruner(metadata: metadata).prune(&value, by: schema, isEmbeddedResource: true)
    #expect(
      unknown == [
        "metadata.odd", "extra", "spec.unknown", "spec.list[0].b", "spec.list[2].b", "spec.map.x.b", "spec.open.x.y",
        "spec.free.strict.b", "spec.template.metadata.odd", "spec.template.spec.b", "spec.template.status",
      ])
    #expect(
      try value
        == parse(
          #"""
          {"apiVersion": "example.com/v1", "kind": "Timetable", "metadata": {"name": "a"},
           "spec": {"known": "k", "list": [{"a": "1"}, "text", {}], "map": {"x": {"a": "1"}}, "open": {"x": {}, "z": 2},
             "free": {"odd": {"odder": 1}, "strict": {"a": "1"}}, "any": [{"x": {"y": 1}}],
             "template": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}, "spec": {"a": "1"}}}}
          """#))
  }

  @Test("a built-in kind's schema describes its metadata too")
  func builtIn() throws {
    var value = try parse(
      #"""
      {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "odd": 1},
       "spec": {"containers": [{"name": "a", "imagePullPolicies": "x", "resources": {"limits": {"cpu": "1"}}}]}}
      """#)
    let unknown = try Pruner().prune(&value, by: SampleDefinitions.pod())
    #expect(unknown == ["metadata.odd", "spec.containers[0].imagePullPolicies"])
    #expect(value["metadata"] == ["name": "a"])
  }

  @Test("pruning twice is pruning once")
  func idempotent() throws {
    var generator = SeededGenerator(seed: 3)
    let schema = try customSchema(Self.schema)
    let words = ["spec", "known", "list", "map", "open", "free", "strict", "any", "template", "metadata", "a", "b"]
    for _ in 0..<2000 {
      var value = JSONValue.object([
        "spec": JSONValue.random(words: words, depth: 5, using: &generator),
        "b": JSONValue.random(words: words, depth: 2, using: &generator),
      ])
      let first = Pruner().prune(&value, by: schema, isEmbeddedResource: true)
      #expect(first.contains("b"))
      let once = value
      #expect(Pruner().prune(&value, by: schema, isEmbeddedResource: true).isEmpty)
      #expect(value == once)
    }
  }
}
