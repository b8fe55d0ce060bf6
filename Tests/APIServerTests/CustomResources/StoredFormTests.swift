import APIMachinery
import ClusterAPI
import Testing

@testable import APIServer

@Suite("What is read from the store")
struct StoredFormTests {
  private static func version(_ text: String) throws -> ResourceVersion {
    let schema = try SchemaReader(.customResource).schema(try JSONValue(json: text))
    return ResourceVersion(name: "v1", definitionName: "com.example.v1.Thing", schema: schema)
  }

  @Test("unknown fields and nulls go, defaults come")
  func reading() throws {
    let version = try Self.version(
      #"{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string", "nullable": true}, "c": {"type": "integer", "default": 3}, "d": {"type": "string", "default": "x"}}}"#
    )
    let stored: JSONObject = [
      "apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "one", "odd": 1], "a": .null, "b": .null,
      "d": .null, "e": 1,
    ]
    let form = StoredForm(try BuiltinKinds.load())
    let read = form.read(stored, version)
    #expect(
      read == [
        "apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "one"], "b": .null, "d": "x", "c": 3,
      ])
    #expect(form.read(read, version) == read)
  }

  @Test("a default gives an embedded object no metadata that there is not")
  func embeddedDefaults() throws {
    let version = try Self.version(
      #"{"type": "object", "properties": {"in": {"type": "object", "x-kubernetes-embedded-resource": true, "properties": {"x": {"type": "string"}}, "default": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "odd": "b"}}}}}"#
    )
    let stored: JSONObject = ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "one"]]
    let form = StoredForm(try BuiltinKinds.load())
    let read = form.read(stored, version)
    #expect(read["in"] == ["apiVersion": "v1", "kind": "Pod", "metadata": ["name": "a"]])
    #expect(form.read(read, version) == read)
  }

  @Test("an object is judged once for each state of the schema")
  func judging() throws {
    var version = try Self.version(#"{"type": "object", "properties": {"a": {"type": "string"}}}"#)
    let form = StoredForm(try BuiltinKinds.load())
    let object = CachedObject(
      key: "k", StoredObject(["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "one"], "b": "x"]))
    #expect(!object.isOutdated(under: version, form), "built-in kinds are what they were")
    version.schemaStamp = 1
    #expect(object.isOutdated(under: version, form))
    version = try Self.version(#"{"type": "object", "properties": {"b": {"type": "string"}}}"#)
    version.schemaStamp = 2
    #expect(!object.isOutdated(under: version, form))
  }

  @Test("the same schema keeps its stamp")
  func stamps() {
    let stamps = SchemaStamps()
    let first = stamps.stamp("one", ["a": 1])
    #expect(stamps.stamp("one", ["a": 1]) == first)
    #expect(stamps.stamp("two", ["a": 1]) != first)
    let second = stamps.stamp("one", ["a": 2])
    #expect(second != first)
    // What was before is another state again: nothing is remembered of it.
    #expect(stamps.stamp("one", ["a": 1]) > second)
  }
}
