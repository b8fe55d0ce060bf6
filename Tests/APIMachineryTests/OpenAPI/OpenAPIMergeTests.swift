import Testing

@testable import APIMachinery

@Suite("merged OpenAPI documents")
struct OpenAPIMergeTests {
  private func object(_ text: String) throws -> JSONObject {
    try #require(try parse(text).objectValue)
  }

  private func merged(_ one: String, _ other: String) throws -> JSONObject {
    var document = try object(one)
    OpenAPIMerge.add(try object(other), to: &document)
    return document
  }

  private func path(_ name: String) -> String {
    ##"{"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/\##(name)"}}}}}"##
  }

  @Test("only what is below a prefix, and what it refers to")
  func part() throws {
    let document = try object(
      ##"""
      {"paths": {"/apis/a/v1/x": {"parameters": [{"$ref": "#/parameters/p"}],
          "get": {"schema": {"$ref": "#/definitions/X"}}}, "/apis/a/v10/y": \##(path("Y")), "/version": \##(path("Z"))},
       "definitions": {"X": {"items": {"$ref": "#/definitions/Inner"}}, "Inner": {"$ref": "#/definitions/X"},
          "Y": {}, "Z": {}}, "parameters": {"p": {"in": "query"}, "q": {}}}
      """##)
    let part = OpenAPIMerge.part(of: document, below: "/apis/a/v1/")
    #expect(part["paths"]?.objectValue?.map(\.name) == ["/apis/a/v1/x"])
    #expect(part["definitions"]?.objectValue?.map(\.name) == ["X", "Inner"])
    #expect(part["parameters"]?.objectValue?.map(\.name) == ["p"])
  }

  @Test("what means the same is there once, with the kinds of both")
  func same() throws {
    let document = try merged(
      ##"{"paths": {}, "definitions": {"D": {"x": 1, "x-kubernetes-group-version-kind": [{"kind": "A"}]}}}"##,
      ##"""
      {"paths": {"/b": \##(path("D"))},
       "definitions": {"D": {"x": 1, "x-kubernetes-group-version-kind": [{"kind": "B"}, {"kind": "A"}]}}}
      """##)
    let kinds: JSONValue = [["kind": "A"], ["kind": "B"]]
    #expect(document["definitions"] == ["D": ["x": 1, "x-kubernetes-group-version-kind": kinds]])
  }

  @Test("what means something else has another name, which all who refer to it use")
  func renamed() throws {
    let document = try merged(
      ##"{"paths": {"/a": \##(path("D"))}, "definitions": {"D": {"x": 1}, "D_v2": {"x": 7}}, "parameters": {"p": {"x": 1}}}"##,
      ##"""
      {"paths": {"/b": \##(path("D")), "/c": {"parameters": [{"$ref": "#/parameters/p"}]}},
       "definitions": {"D": {"x": 2, "items": {"$ref": "#/definitions/E"}}, "E": {"$ref": "#/definitions/D"}},
       "parameters": {"p": {"x": 2}}}
      """##)
    #expect(
      document["definitions"]
        == [
          "D": ["x": 1], "D_v2": ["x": 7], "D_v3": ["x": 2, "items": ["$ref": "#/definitions/E"]],
          "E": ["$ref": "#/definitions/D_v3"],
        ])
    #expect(
      document[path: "paths", "/b", "get", "responses", "200", "schema", "$ref"]
        == "#/definitions/D_v3")
    #expect(
      document[path: "paths", "/a", "get", "responses", "200", "schema", "$ref"]
        == "#/definitions/D")
    #expect(document["parameters"] == ["p": ["x": 1], "p_v2": ["x": 2]])
    #expect(document[path: "paths", "/c", "parameters"] == [["$ref": "#/parameters/p_v2"]])
  }

  @Test("a definition that was renamed before is used again")
  func usedAgain() throws {
    let document = try merged(
      ##"{"paths": {}, "definitions": {"D": {"x": 1}, "D_v2": {"x": 2}}}"##,
      ##"{"paths": {"/b": \##(path("D"))}, "definitions": {"D": {"x": 2}}}"##)
    #expect(document["definitions"] == ["D": ["x": 1], "D_v2": ["x": 2]])
    #expect(
      document[path: "paths", "/b", "get", "responses", "200", "schema", "$ref"]
        == "#/definitions/D_v2")
  }

  @Test("paths that are there stay, and bring nothing")
  func paths() throws {
    let one = ##"{"paths": {"/a": {"x": 1}}, "definitions": {"D": {"x": 1}}}"##
    let document = try merged(
      one, ##"{"paths": {"/a": \##(path("D"))}, "definitions": {"D": {"x": 2}}}"##)
    #expect(document == (try object(one)))
  }
}

extension JSONObject {
  fileprivate subscript(path path: String...) -> JSONValue? {
    path.reduce(JSONValue.object(self)) { $0?[$1] }
  }
}
