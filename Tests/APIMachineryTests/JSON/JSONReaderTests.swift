import APIMachinery
import Testing

@Suite("JSON reader")
struct JSONReaderTests {
  private func failure(_ text: String) -> JSONError? {
    do throws(JSONError) {
      _ = try JSONValue(json: text)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "scalars, with space around them",
    arguments: [
      ("null", JSONValue.null), (" true\n", true), ("\tfalse\r", false), ("0", 0), ("-0", 0),
      ("-17", -17),
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("1e3", .double(1000)),
      ("1.0", .double(1)),
      ("-1.5E+2", .double(-150)), ("0.1", .double(0.1)), ("1e-400", .double(0)),
      ("1e22", .double(1e22)),
      ("123456789012345678901234567890", .double(123_456_789_012_345_677_877_719_597_056)),
      ("0.000000000000000000000000000000000012345", .double(1.2345e-35)), ("\"\"", ""),
      ("{}", .object(JSONObject())),
      ("[]", .array([])),
    ])
  func scalars(text: String, value: JSONValue) throws {
    #expect(try JSONValue(json: text) == value)
  }

  @Test("numbers are rounded as the standard library rounds them")
  func rounding() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let text =
        "\(Int64.random(in: -99_999_999_999...99_999_999_999, using: &random)).\(UInt32.random(in: 0...999, using: &random))e\(Int.random(in: -40...40, using: &random))"
      #expect(try JSONValue(json: text) == .double(try #require(Double(text))), "\(text)")
    }
  }

  @Test(
    "strings and their escapes",
    arguments: [
      (#""a\"b\\c\/d\b\f\n\r\t""#, "a\"b\\c/d\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
      (#""\ud83d\ude00!""#, "😀!"), (#""\ud83d""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"),
      (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\udc00\ud83d\ude00""#, "\u{FFFD}😀"),
      (#""é€😀""#, "é€😀"),
      (#""\u0000""#, "\u{0}"),
    ])
  func strings(text: String, value: String) throws {
    #expect(try JSONValue(json: text) == .string(value))
  }

  @Test("members keep their order, the last of one name stays")
  func objects() throws {
    let value = try JSONValue(json: #"{"b":1,"a":{"x":[1,{"y":null}]},"b":2}"#)
    #expect(value.objectValue?.keys == ["b", "a"])
    #expect(value == ["b": 2, "a": ["x": [1, ["y": .null]]]])
  }

  @Test(
    "what is wrong is named in Go's words",
    arguments: [
      ("", "unexpected end of JSON input", 0), ("{", "unexpected end of JSON input", 1),
      ("[1,", "unexpected end of JSON input", 3), ("\"abc", "unexpected end of JSON input", 4),
      ("tru", "invalid character ' ' in literal true (expecting 'e')", 3),
      ("-", "invalid character ' ' in numeric literal", 1),
      ("1e", "invalid character ' ' in exponent of numeric literal", 2),
      (#""\u12"#, "invalid character ' ' in \\u hexadecimal character escape", 5),
      ("}", "invalid character '}' looking for beginning of value", 0),
      ("[1,]", "invalid character ']' looking for beginning of value", 3),
      ("{,}", "invalid character ',' looking for beginning of object key string", 1),
      (#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string", 7),
      (#"{"a" 1}"#, "invalid character '1' after object key", 5),
      (#"{"a":1 "b"}"#, "invalid character '\"' after object key:value pair", 7),
      ("[1 2]", "invalid character '2' after array element", 3),
      ("1 2", "invalid character '2' after top-level value", 2),
      ("01", "invalid character '1' after top-level value", 1),
      ("-x", "invalid character 'x' in numeric literal", 1),
      ("1.x", "invalid character 'x' after decimal point in numeric literal", 2),
      ("1ex", "invalid character 'x' in exponent of numeric literal", 2),
      ("trux", "invalid character 'x' in literal true (expecting 'e')", 3),
      ("nil", "invalid character 'i' in literal null (expecting 'u')", 1),
      ("\"a\nb\"", "invalid character '\\n' in string literal", 2),
      (#""\x""#, "invalid character 'x' in string escape code", 2),
      (#""\u00g0""#, "invalid character 'g' in \\u hexadecimal character escape", 5),
      ("'a'", "invalid character '\\'' looking for beginning of value", 0),
      ("é", "invalid character 'Ã' looking for beginning of value", 0),
      ("1e400", "json: cannot unmarshal number 1e400 into Go value of type float64", 0),
      (
        "-1e99999999999999999999",
        "json: cannot unmarshal number -1e99999999999999999999 into Go value of type float64", 0
      ),
    ])
  func errors(text: String, message: String, offset: Int) {
    let error = failure(text)
    #expect(error?.message == message)
    #expect(error?.offset == offset)
  }

  @Test("the codes tell a text that ends early from one that is wrong")
  func codes() {
    #expect(failure("[")?.code == .truncated)
    #expect(failure("]")?.code == .syntax)
    #expect(failure("1e999")?.code == .range)
  }

  @Test(
    "strings must be UTF-8",
    arguments: [
      [0x80], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x80],
    ] as [[UInt8]])
  func encoding(bad: [UInt8]) {
    for text in [
      [0x22] + bad + [0x22], [0x22, 0x5C, 0x6E] + bad + [0x22],
      [0x7B, 0x22] + bad + Array("\":1}".utf8),
    ] {
      let error = #expect(throws: JSONError.self) { try JSONValue(json: text) }
      #expect(error?.code == .encoding)
    }
  }

  @Test("nesting ends at the limit, and what is at the limit can be compared, printed and freed")
  func depth() throws {
    let limit = JSONReader.maximumDepth
    let deepest = String(repeating: "[", count: limit) + String(repeating: "]", count: limit)
    let value = try JSONValue(json: deepest)
    #expect(value == (try JSONValue(json: deepest)))
    #expect(value.jsonText() == deepest)
    let objects = String(repeating: #"{"a":"#, count: limit + 1)
    #expect(failure(objects)?.code == .tooDeep)
    #expect(failure(String(repeating: "[", count: 3_000_000))?.message == "exceeded max depth")
  }

  @Test("members that come twice are named by their paths, each once")
  func duplicates() throws {
    func paths(_ text: String) throws -> [String] {
      try JSONReader.strictValue(of: Array(text.utf8)).duplicates
    }
    #expect(try paths(#"{"a":1,"b":{"a":2}}"#) == [])
    #expect(try paths(#"{"spec":{"replicas":1,"replicas":2,"replicas":3}}"#) == ["spec.replicas"])
    #expect(
      try paths(
        #"{"spec":{"containers":[{"name":"a"},{"name":"b","image":"x","image":"y"}]},"kind":"","kind":""}"#
      )
        == ["spec.containers[1].image", "kind"])
    #expect(try paths(#"[[1,{"a":1,"a":1}]]"#) == ["[0][1].a"])
    #expect(try paths(#"{"a":1,"\u0061":1}"#) == ["a"])
    let many = (0..<300).map { #""k\#($0)":1,"k\#($0)":2"# }.joined(separator: ",")
    #expect(try paths("{\(many)}").count == 100)
  }

  @Test("a text made to make the paths of duplicates long costs no more than others")
  func costlyDuplicates() throws {
    let name = String(repeating: "x", count: 3_000)
    let pair = (0..<200).map { #""k\#($0)":1,"k\#($0)":2"# }.joined(separator: ",")
    let text =
      String(repeating: "{\"\(name)\":", count: 900) + "{\(pair)}"
      + String(repeating: "}", count: 900)
    let result = try JSONReader.strictValue(of: Array(text.utf8))
    #expect(!result.duplicates.isEmpty)
    #expect(result.duplicates.reduce(0) { $0 + $1.utf8.count } < 5 << 20)
  }
}
