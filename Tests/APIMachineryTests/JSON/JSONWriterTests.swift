import APIMachinery
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
  @Test(
    "scalars",
    arguments: [
      (JSONValue.null, "null"), (true, "true"), (false, "false"), (0, "0"), (-17, "-17"),
      (.integer(.min), "-9223372036854775808"), (.integer(.max), "9223372036854775807"),
      (.double(1), "1"), (.double(-1.5), "-1.5"), (.double(0.1), "0.1"),
      (.double(1e20), "100000000000000000000"),
      (.double(1e21), "1e+21"), (.double(1.25e22), "1.25e+22"), (.double(0.000001), "0.000001"),
      (.double(0.00000123), "0.00000123"), (.double(1e-7), "1e-7"), (.double(1.5e-10), "1.5e-10"),
      (.double(123456.789), "123456.789"), (.double(.leastNonzeroMagnitude), "5e-324"),
      (.double(-0.0), "-0"),
      (.double(0), "0"),
      (.double(1.7976931348623157e308), "1.7976931348623157e+308"),
      (.double(1e16), "10000000000000000"),
      (.double(.infinity), "null"),
    ])
  func scalars(value: JSONValue, text: String) {
    #expect(value.jsonText() == text)
  }

  @Test(
    "strings are escaped as Go's encoder does",
    arguments: [
      ("a\"b\\c/", #""a\"b\\c/""#),
      ("\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\u{7F}\""),
      ("<a>&", #""\u003ca\u003e\u0026""#), ("\u{2028}x\u{2029}", #""\u2028x\u2029""#),
      ("é€😀\u{202A}", "\"é€😀\u{202A}\""),
      ("", "\"\""),
    ])
  func strings(value: String, text: String) {
    #expect(JSONValue.string(value).jsonText() == text)
  }

  @Test(
    "a byte is written alike wherever it stands, in short strings and long ones",
    arguments: [0, 1, 46, 47, 48, 49, 500])
  func lengths(count: Int) {
    for byte in UInt8.min..<0x80 {
      let scalar = String(Character(Unicode.Scalar(byte)))
      let plain = String(repeating: "x", count: count)
      let alone = String(JSONValue.string(scalar).jsonText().dropFirst().dropLast())
      for (text, written) in [(plain + scalar, plain + alone), (scalar + plain, alone + plain)] {
        #expect(JSONValue.string(text).jsonText() == "\"\(written)\"")
      }
    }
  }

  @Test("markup stays where it is wanted")
  func markup() {
    var writer = JSONWriter(escapesHTML: false)
    writer.append("<a>&\u{2028}\n")
    #expect(String(decoding: writer.bytes, as: UTF8.self) == #""<a>&\u2028\n""#)
  }

  @Test("members stand in their order, or sorted")
  func order() {
    let value: JSONValue = ["b": [1, [:], []], "a": ["d": .null, "c": "x"]]
    #expect(value.jsonText() == #"{"b":[1,{},[]],"a":{"d":null,"c":"x"}}"#)
    #expect(value.jsonText(sortedKeys: true) == #"{"a":{"c":"x","d":null},"b":[1,{},[]]}"#)
  }

  @Test("the indented layout")
  func indented() {
    var writer = JSONWriter(layout: .indented)
    writer.append(["b": [1, [:], []], "a": ["d": .null]] as JSONValue)
    #expect(
      String(decoding: writer.bytes, as: UTF8.self) == """
        {
          "b": [
            1,
            {},
            []
          ],
          "a": {
            "d": null
          }
        }
        """)
  }

  @Test("what was written is read as the same")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<300 {
      let value = JSONValue.random(using: &generator, depth: 4)
      #expect(try JSONValue(json: value.jsonBytes()) == value)
      #expect(try JSONValue(json: value.jsonBytes(sortedKeys: true)) == value)
    }
  }
}
