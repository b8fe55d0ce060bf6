import APIMachinery
import Testing

@Suite("JSON merge patches")
struct MergePatchTests {
  private func apply(_ patch: String, to document: String) throws -> String {
    let object = try #require(JSONValue(json: document).objectValue)
    return JSONValue.object(try MergePatch.applied(Array(patch.utf8), to: object)).jsonText(sortedKeys: true)
  }

  @Test(
    "members replace, null removes",
    arguments: [
      (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
      (#"{"a":"b"}"#, #"{"a":null}"#, "{}"), (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
      (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
      (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
      (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#), (#"{"e":null}"#, #"{"a":1}"#, #"{"a":1,"e":null}"#),
      ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
      (#"{"a":1}"#, #"{"a":{"b":null,"c":[{"d":null}]}}"#, #"{"a":{"c":[{}]}}"#),
      (#"{"a":1}"#, "{}", #"{"a":1}"#), (#"{"a":{"x":1}}"#, #"{"a":[{"d":null}]}"#, #"{"a":[{"d":null}]}"#),
      (#"{"a":[1]}"#, #"{"a":[null]}"#, #"{"a":[null]}"#),
    ])
  func merges(document: String, patch: String, result: String) throws {
    #expect(try apply(patch, to: document) == result)
  }

  @Test(
    "what is no object is no patch",
    arguments: [("null", nil), ("1", "number"), ("[]", "array"), ("{", nil), ("\"x\"", "string")])
  func refused(patch: String, kind: String?) {
    let error = #expect(throws: StatusError.self) { try apply(patch, to: "{}") }
    let decoding = kind.map {
      "error decoding patch: json: cannot unmarshal \($0) into Go value of type map[string]interface {}"
    }
    #expect(error?.message == decoding ?? "Invalid JSON Patch")
    #expect(error?.code == 400)
  }

  @Test("a merge keeps what it does not name, and has what it names")
  func properties() throws {
    var generator = SeededGenerator(seed: 62)
    for _ in 0..<200 {
      let document = JSONValue.randomObject(using: &generator, depth: 4)
      let patch = JSONValue.object(JSONValue.randomObject(using: &generator, depth: 4))
      let merged = try MergePatch.applied(patch, to: document)
      for (name, value) in document where patch[name] == nil { #expect(merged[name] == value) }
      for (name, value) in patch.objectValue ?? [:] { #expect((merged[name] == nil) == value.isNull) }
    }
  }
}
