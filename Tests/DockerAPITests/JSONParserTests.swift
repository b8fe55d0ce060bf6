import DockerAPI
import Testing

@Suite struct JSONParserTests {
  static func message(_ text: String) -> String? {
    do {
      _ = try DockerJSON.parse(Array(text.utf8))
      return nil
    } catch {
      return error.message
    }
  }

  @Test(arguments: [
    ("{x", "invalid character 'x' looking for beginning of object key string"),
    ("x", "invalid character 'x' looking for beginning of value"),
    (#"{"a" 1}"#, "invalid character '1' after object key"),
    (#"{"a":1 "b":2}"#, "invalid character '\"' after object key:value pair"),
    ("[1 2]", "invalid character '2' after array element"),
    ("trux", "invalid character 'x' in literal true (expecting 'e')"),
    ("-x", "invalid character 'x' in numeric literal"),
    ("1.x", "invalid character 'x' after decimal point in numeric literal"),
    ("1ex", "invalid character 'x' in exponent of numeric literal"),
    ("\"a\nb\"", #"invalid character '\n' in string literal"#),
    (#""\q""#, "invalid character 'q' in string escape code"),
    (#""\u12g4""#, #"invalid character 'g' in \u hexadecimal character escape"#),
    (#"{"a":"#, "unexpected EOF"),
    ("  ", "EOF"),
    ("{} {}", "unexpected content after JSON"),
    ("'", #"invalid character '\'' looking for beginning of value"#),
  ])
  func saysWhatGoSays(text: String, expected: String) {
    #expect(Self.message(text) == expected)
  }

  @Test func keepsOrderNumbersAndEscapes() throws {
    let text = #"{"b":[1,-2.50,1e3,true,false,null],"a":"x\n\"\\\/\u00e9\ud83d\ude00\ud800"}"#
    let value = try DockerJSON.parse(Array(text.utf8))
    #expect(
      value
        == .object([
          JSONMember(
            name: "b",
            value: .array([.number("1"), .number("-2.50"), .number("1e3"), .bool(true), .bool(false), .null])),
          JSONMember(name: "a", value: .string("x\n\"\\/é😀\u{FFFD}")),
        ]))
  }

  @Test func refusesEndlessNesting() {
    #expect(Self.message(String(repeating: "[", count: 100_000)) == "exceeded max depth")
    #expect(Self.message(String(repeating: "[", count: 200) + String(repeating: "]", count: 200)) == nil)
  }
}
