import APIMachinery
import Testing

@Suite("JSON patches")
struct JSONPatchTests {
  private func apply(_ patch: String, to document: String) throws -> String {
    try JSONPatch(Array(patch.utf8)).applied(to: try JSONValue(json: document)).jsonText()
  }

  /// What is wrong with a patch as such.
  private func refusal(_ patch: String) -> StatusError? {
    do {
      _ = try JSONPatch(Array(patch.utf8))
      return nil
    } catch { return error }
  }

  /// Why a patch does not apply.
  private func failure(_ patch: String, _ document: String) throws -> PatchFailure? {
    let (patch, document) = (try JSONPatch(Array(patch.utf8)), try JSONValue(json: document))
    do {
      _ = try patch.applied(to: document)
      return nil
    } catch { return error }
  }

  @Test(
    "operations",
    arguments: [
      (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":[2]}]"#, #"{"a":1,"b":[2]}"#),
      (#"{"a":[1,3]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2,3]}"#),
      (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-","value":2}]"#, #"{"a":[1,2]}"#),
      (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-1","value":2}]"#, #"{"a":[1,2]}"#),
      (#"{"a":1}"#, #"[{"op":"add","path":"/a"}]"#, #"{"a":null}"#),
      (#"{"a":1,"b":2}"#, #"[{"op":"remove","path":"/a"}]"#, #"{"b":2}"#),
      (#"{"a":[1,2,3]}"#, #"[{"op":"remove","path":"/a/-1"}]"#, #"{"a":[1,2]}"#),
      (#"{"a":{"b":1}}"#, #"[{"op":"replace","path":"/a/b","value":2}]"#, #"{"a":{"b":2}}"#),
      (#"{"a":1}"#, #"[{"op":"replace","path":"/new","value":2}]"#, #"{"a":1,"new":2}"#),
      (#"{"a":1}"#, #"[{"op":"replace","path":"","value":{"b":2}}]"#, #"{"b":2}"#),
      (#"{"a":{"x":1},"b":{}}"#, #"[{"op":"move","from":"/a/x","path":"/b/y"}]"#, #"{"a":{},"b":{"y":1}}"#),
      (#"{"a":{"x":1}}"#, #"[{"op":"copy","from":"/a","path":"/b"}]"#, #"{"a":{"x":1},"b":{"x":1}}"#),
      (#"{"a":1}"#, #"[{"op":"test","path":"/a","value":1},{"op":"test","path":"/none","value":null}]"#, #"{"a":1}"#),
      (#"{"a":1}"#, #"[{"op":"test","path":"","value":{"a":1.0}}]"#, #"{"a":1}"#),
      (
        #"{"a/b":1,"m~n":2}"#, #"[{"op":"replace","path":"/a~1b","value":3},{"op":"remove","path":"/m~0n"}]"#,
        #"{"a/b":3}"#
      ),
      (#"{"a":1}"#, "[]", #"{"a":1}"#), (#"{"a":1}"#, "null", #"{"a":1}"#),
    ])
  func operations(document: String, patch: String, result: String) throws {
    #expect(try apply(patch, to: document) == result)
  }

  @Test(
    "an operation that does not apply is an invalid request, whose cause tells why",
    arguments: [
      (#"[{"op":"test","path":"/a","value":2}]"#, "testing value /a failed: test failed"),
      (
        #"[{"op":"remove","path":"/x"}]"#,
        "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value"
      ),
      (
        #"[{"op":"add","path":"/x/y","value":1}]"#,
        "add operation does not apply: doc is missing path: \"/x/y\": missing value"
      ),
      (
        #"[{"op":"add","path":"/l/5","value":1}]"#,
        "error in add for path: '/l/5': Unable to access invalid index: 5: invalid index referenced"
      ),
      (
        #"[{"op":"add","path":"/l/x","value":1}]"#,
        "error in add for path: '/l/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax"
      ),
      (
        #"[{"op":"replace","path":"/l/5","value":1}]"#,
        "replace operation does not apply: doc is missing key: /l/5: missing value"
      ),
      (
        #"[{"op":"move","from":"/x","path":"/b"}]"#,
        "error in move for path: 'x': Unable to remove nonexistent key: x: missing value"
      ),
      (
        #"[{"op":"copy","from":"/x/y","path":"/b"}]"#,
        "copy operation does not apply: doc is missing from path: /x/y: missing value"
      ),
      (#"[{"op":"jump","path":"/a"}]"#, "Unexpected kind: jump"), (#"[{"path":"/a"}]"#, "Unexpected kind: unknown"),
      (#"[{"op":"add","value":1}]"#, "add operation failed to decode path: missing value"),
      (#"[{"op":"replace","path":"","value":1}]"#, "replace operation value must be object or array"),
      (
        #"[{"op":"add","path":"","value":{}}]"#,
        "add operation does not apply: doc is missing path: \"\": missing value"
      ),
      (
        #"[{"op":"add","path":"/a/b","value":1}]"#,
        "add operation does not apply: doc is missing path: \"/a/b\": missing value"
      ),
    ])
  func failures(patch: String, cause: String) throws {
    let found = try #require(try failure(patch, #"{"a":1,"l":[1,2]}"#))
    #expect(found.message == cause)
    #expect(found.status.code == 422)
    #expect(found.status.message == "the server rejected our request due to an error in our request")
    #expect(found.status.details?.causes.isEmpty == true)
  }

  @Test(
    "what is no patch is a bad request",
    arguments: [
      ("{", "unexpected end of JSON input"),
      ("{}", "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"),
      ("[1]", "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
    ])
  func malformed(patch: String, message: String) {
    let error = refusal(patch)
    #expect(error?.code == 400)
    #expect(error?.message == message)
  }

  @Test("limits")
  func limits() throws {
    let test = #"{"op":"test","path":"/a","value":1}"#
    let most = "[" + Array(repeating: test, count: JSONPatch.maximumOperations).joined(separator: ",") + "]"
    #expect(try apply(most, to: #"{"a":1}"#) == #"{"a":1}"#)
    let more = "[" + Array(repeating: test, count: JSONPatch.maximumOperations + 1).joined(separator: ",") + "]"
    #expect(refusal(more)?.code == 413)
    #expect(
      refusal(more)?.message
        == "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001")
    // Each copy doubles the document.
    let doubling = "[" + (0..<40).map { #"{"op":"copy","from":"/a","path":"/a/\#($0)"}"# }.joined(separator: ",") + "]"
    #expect(
      try failure(doubling, #"{"a":{"x":"\#(String(repeating: "y", count: 100))"}}"#)?.message
        .hasPrefix("Unable to complete the copy") == true)
  }

  @Test("a patch cannot make a tree too deep to be walked")
  func depth() throws {
    var operations: [String] = []
    var path = "/a"
    for _ in 0..<14 {
      operations.append(#"{"op":"copy","from":"/a","path":"\#(path)/a"}"#)
      path += path
    }
    #expect(try failure("[\(operations.joined(separator: ","))]", #"{"a":{}}"#) != nil)
    let moves = (0..<3_000).map { _ in
      #"{"op":"add","path":"/b","value":{}},{"op":"move","from":"/a","path":"/b/a"},{"op":"move","from":"/b","path":"/a"}"#
    }
    #expect(
      try failure("[\(moves.joined(separator: ","))]", #"{"a":{}}"#)?.message == "exceeded max depth"
    )
  }

  @Test("any patch is answered")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 61)
    let document = try JSONValue(json: #"{"a":{"b":[1,{"c":null}],"d":"x"},"e":[[],{}]}"#)
    let patch =
      #"[{"op":"add","path":"/a/b/1/c","value":{"x":[1]}},{"op":"move","from":"/a/d","path":"/e/0/-"},{"op":"copy","from":"/a","path":"/e/1/z"},{"op":"test","path":"/a","value":1},{"op":"remove","path":"/e/-1"},{"op":"replace","path":"","value":{}}]"#
    var taken = 0
    for _ in 0..<5_000 {
      let bytes = generator.mutated(Array(patch.utf8), alphabet: "/abcde01-~{}[]\",:opmvtrx")
      guard let read = try? JSONPatch(bytes) else { continue }
      taken += 1
      guard let result = try? read.applied(to: document) else { continue }
      #expect(try JSONValue(json: result.jsonBytes()) == result)
    }
    #expect(taken > 300)
  }
}
