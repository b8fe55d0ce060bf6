import APIMachinery
import Testing

@Suite struct PatchOrderTests {
  private let value = #"{"kind":"K","a":{"z":1,"b":2},"d":{"z":1,"b":[{"y":1,"c":2}]}}"#

  @Test func whatAMergeLooksIntoIsInTheOrderOfTheAlphabet() throws {
    func shown(_ patch: String) throws -> String {
      PatchOrder.merged(try JSONValue(json: value), by: try JSONValue(json: patch)).jsonText()
    }
    #expect(try shown("{}") == #"{"a":{"z":1,"b":2},"d":{"z":1,"b":[{"y":1,"c":2}]},"kind":"K"}"#)
    #expect(try shown(#"{"a":{}}"#) == #"{"a":{"b":2,"z":1},"d":{"z":1,"b":[{"y":1,"c":2}]},"kind":"K"}"#)
    #expect(
      try shown(#"{"d":{"b":[{"y":1,"c":2}]}}"#)
        == #"{"a":{"z":1,"b":2},"d":{"b":[{"c":2,"y":1}],"z":1},"kind":"K"}"#)
  }

  @Test func whatAPathGoesThroughIsInTheOrderOfTheAlphabet() throws {
    func shown(_ path: String) throws -> String {
      let operations: JSONValue = [["op": "replace", "path": .string(path)], ["op": "test", "path": "none"]]
      return PatchOrder.patched(try JSONValue(json: value), by: operations).jsonText()
    }
    #expect(try shown("/a") == #"{"a":{"z":1,"b":2},"d":{"z":1,"b":[{"y":1,"c":2}]},"kind":"K"}"#)
    #expect(try shown("/d/b/0/c") == #"{"a":{"z":1,"b":2},"d":{"b":[{"c":2,"y":1}],"z":1},"kind":"K"}"#)
    #expect(try shown("/d/b/7/c") == #"{"a":{"z":1,"b":2},"d":{"b":[{"y":1,"c":2}],"z":1},"kind":"K"}"#)
  }
}
