import APIMachinery
import Testing

@Suite("YAML reader")
struct YAMLReaderTests {
  private func read(_ text: String, strict: Bool = false) throws -> JSONValue {
    try JSONValue(yaml: Array(text.utf8), strict: strict)
  }

  @Test("a manifest")
  func manifest() throws {
    let value = try read(
      """
      # a comment
      apiVersion: v1
      kind: ConfigMap
      metadata:
        name: x # the name
        labels: {app: web, "tier": 'b''c'}
      data:
        literal: |
          line 1
            line 2

          line 3
        folded: >-
          one
          two

          three
        quoted: "a \\x41 \\u00e9
          b"
      list:
      - a: 1
        b: 2
      -
        - nested
        - - deeper
      - ? complex
        : value
      """)
    #expect(
      value == [
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": ["name": "x", "labels": ["app": "web", "tier": "b'c"]],
        "data": [
          "literal": "line 1\n  line 2\n\nline 3\n", "folded": "one two\nthree", "quoted": "a A é b",
        ],
        "list": [["a": 1, "b": 2], ["nested", ["deeper"]], ["complex": "value"]],
      ])
    #expect(value.objectValue?.keys == ["apiVersion", "kind", "metadata", "data", "list"])
  }

  @Test(
    "plain scalars mean what they mean in Kubernetes",
    arguments: [
      ("1", 1), ("-17", -17), ("+1", 1), ("0x1F", 31), ("010", 8), ("0o17", 15), ("0b101", 5), ("1_000", 1000),
      ("08", 8),
      ("1.5", .double(1.5)), (".5", .double(0.5)), ("5.", 5), ("1e3", 1000), ("-1.5e-3", .double(-0.0015)),
      ("99999999999999999999", .double(1e20)), ("yes", true), ("On", true), ("y", true), ("no", false), ("OFF", false),
      ("n", false), ("True", true), ("tRue", "tRue"), ("~", .null), ("null", .null), ("Null", .null), ("nULL", "nULL"),
      ("", .null),
      ("2001-01-01", "2001-01-01"), ("2001-13-01", "2001-13-01"), ("1:30", "1:30"), ("0x", "0x"), ("1e", "1e"),
      ("a b", "a b"), ("'1'", "1"), ("\"yes\"", "yes"), ("!!str 1", "1"), ("!!int 1", 1), ("!!float 1", 1),
      ("!custom 1", "1"), ("x#y", "x#y"), ("x #y", "x"),
    ] as [(String, JSONValue)])
  func scalars(text: String, value: JSONValue) throws {
    #expect(try read("v: \(text)") == ["v": value])
  }

  @Test(
    "keys become text",
    arguments: [
      ("1: a", "1"), ("0x10: a", "16"), ("true: a", "true"), ("yes: a", "true"), ("1.5: a", "1.5"), ("'1': a", "1"),
      ("a b: a", "a b"), ("? a\n: a", "a"), ("\"x\\ty\": a", "x\ty"),
    ])
  func keys(text: String, key: String) throws {
    #expect(try read(text) == .object([key: "a"]))
  }

  @Test(
    "block scalars",
    arguments: [
      ("|\n a\n b\n", "a\nb\n"), ("|-\n a\n", "a"), ("|+\n a\n\n", "a\n\n"), (">\n a\n b\n", "a b\n"),
      (">\n a\n\n b\n", "a\nb\n"), (">\n a\n  b\n c\n", "a\n b\nc\n"), ("|2\n   a\n", " a\n"), ("|\n\n a\n", "\na\n"),
      ("| # comment\n a\n", "a\n"), ("|", ""), (">-\n\n", ""),
    ])
  func blocks(text: String, value: String) throws {
    #expect(try read("k: \(text)") == ["k": .string(value)])
  }

  @Test(
    "flow collections",
    arguments: [
      ("[1, [2, 3], {a: b}]", [1, [2, 3], ["a": "b"]]), ("[a, b: c]", ["a", ["b": "c"]]), ("[1,]", [1]),
      ("{a: , b: 1}", ["a": .null, "b": 1]), ("{a, b}", ["a": .null, "b": .null]),
      ("{\"a\":1,\"b\":[true]}", ["a": 1, "b": [true]]),
      ("[\n1,\n2\n]", [1, 2]), ("{a: {b: [c]}}", ["a": ["b": ["c"]]]), ("[]", []),
    ] as [(String, JSONValue)])
  func flow(text: String, value: JSONValue) throws {
    #expect(try read(text) == value)
  }

  @Test("anchors, aliases and merges")
  func aliases() throws {
    #expect(try read("a: &x {b: 1}\nc: *x\n") == ["a": ["b": 1], "c": ["b": 1]])
    #expect(try read("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n")["d"] == ["b": 3, "c": 2])
    #expect(try read("a: &x {b: 1}\nd: &y {b: 2, c: 3}\ne:\n  <<: [*x, *y]\n")["e"] == ["b": 1, "c": 3])
    #expect(try read("a: &x 1\nb: *x\nc: [*x, *x]\n") == ["a": 1, "b": 1, "c": [1, 1]])
  }

  @Test("documents")
  func documents() throws {
    let text = Array("%YAML 1.1\n---\na: 1\n---\n- b\n...\n---\n---\nc\n".utf8)
    #expect(try YAMLReader.documents(of: text) == [["a": 1], ["b"], .null, "c"])
    #expect(try YAMLReader.value(of: text) == ["a": 1])
    #expect(try YAMLReader.documents(of: Array("# nothing\n".utf8)) == [])
    #expect(try YAMLReader.value(of: []) == .null)
    #expect(try read("a: 1\n---\n{{{") == ["a": 1])
    #expect(try read("\u{FEFF}a: 1") == ["a": 1])
  }

  @Test("JSON is YAML")
  func json() throws {
    #expect(
      try read(#" {"a": [1.0, 1e3, 2.5, "\u00e9\/"], "b": {"c": null}}"#) == [
        "a": [1, 1000, .double(2.5), "é/"], "b": ["c": .null],
      ])
    #expect(try read(#"{"a": 1, "a": 2}"#) == ["a": 2])
    #expect(throws: YAMLError.self) { try read(#"{"a": 1, "a": 2}"#, strict: true) }
    #expect(try read("{a: 1, \"b\": [yes]}") == ["a": 1, "b": [true]])
  }

  @Test("duplicates are refused only where that is asked for")
  func duplicates() throws {
    #expect(try read("a: 1\nb: 2\na: 3\n") == ["a": 3, "b": 2])
    let error = #expect(throws: YAMLError.self) { try read("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", strict: true) }
    #expect(
      error?.description
        == "yaml: unmarshal errors:\n  line 4: key \"c\" already set in map\n  line 5: key \"a\" already set in map")
    #expect(error?.code == .duplicate)
    // In the order of the text, however deep they stand.
    let deep = #expect(throws: YAMLError.self) {
      try read("a: 1\na: 2\nb:\n- {c: 1, c: 2}\n- c:\n    d: 1\n    d: 2\n  c: 3\nb: 4\n", strict: true)
    }
    let lines = [(2, "a"), (4, "c"), (7, "d"), (8, "c"), (9, "b")]
    #expect(
      deep?.description == "yaml: unmarshal errors:"
        + lines.map { "\n  line \($0.0): key \"\($0.1)\" already set in map" }.joined())
  }

  @Test(
    "what is wrong is told in the words of Go's package",
    arguments: [
      ("a: b: c", "yaml: mapping values are not allowed in this context"),
      ("x: 1\na: b: c", "yaml: line 2: mapping values are not allowed in this context"),
      ("a: 'b", "yaml: found unexpected end of stream"),
      ("a:\n\t- b", "yaml: line 2: found character that cannot start any token"),
      ("a: [1, 2", "yaml: line 1: did not find expected ',' or ']'"),
      ("a: {b: 1", "yaml: line 1: did not find expected ',' or '}'"),
      ("a: 1\nb\nc: 2", "yaml: line 3: could not find expected ':'"), ("a: *x", "yaml: unknown anchor 'x' referenced"),
      ("a: &x [*x]", "yaml: anchor 'x' value contains itself"), ("a: \"\\q\"", "yaml: found unknown escape character"),
      ("a: @b", "yaml: found character that cannot start any token"),
      ("- a\nb: c", "yaml: line 1: did not find expected '-' indicator"),
      ("a: !!int x", "yaml: cannot decode !!str `x` as a !!int"), ("a: .inf", "yaml: json: unsupported value: +Inf"),
      ("{<<: 1}", "yaml: map merge requires map or sequence of maps as the value"),
      ("a: \u{1}", "yaml: control characters are not allowed"),
      ("%YAML 2.0\n---\na", "yaml: found incompatible YAML document"), ("~: 1", "yaml: unsupported map key: null"),
    ])
  func errors(text: String, message: String) {
    let error = #expect(throws: YAMLError.self) { try read(text) }
    #expect(error?.description == message)
  }

  @Test("a text that is not UTF-8 is refused")
  func encoding() {
    #expect(throws: YAMLError.self) { try JSONValue(yaml: [0x61, 0x3A, 0x20, 0xC3, 0x28]) }
    #expect(throws: YAMLError.self) { try JSONValue(yaml: [0xFF, 0xFE, 0x61, 0x00]) }
  }

  @Test("aliases may not make a small text a large one (CVE-2019-11253)")
  func bombs() {
    var laughs = "a0: &a0 [" + Array(repeating: "lol", count: 9).joined(separator: ",") + "]\n"
    for level in 1..<30 {
      laughs += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ",") + "]\n"
    }
    let error = #expect(throws: YAMLError.self) { try read(laughs) }
    #expect(error?.message == "document contains excessive aliasing")
    #expect(error?.code == .alias)
    let long =
      "a: &a \(String(repeating: "x", count: 1 << 20))\nb: ["
      + Array(repeating: "*a", count: 900).joined(separator: ",") + "]"
    #expect(throws: YAMLError.self) { try read(long) }
  }

  @Test("nesting ends at the limit", arguments: ["[", "{a: ", "- ", "? "])
  func depth(opening: String) {
    let error = #expect(throws: YAMLError.self) { try read(String(repeating: opening, count: 200_000)) }
    #expect(error?.code == .tooDeep)
  }

  @Test("many levels and many keys cost no more than their length")
  func cost() throws {
    let nested = String(repeating: "[", count: 240) + String(repeating: "a, ", count: 20_000)
    #expect(throws: YAMLError.self) { try read(nested) }
    let keys = (0..<5_000).map { "key\($0): {a: [1, 2]}\n" }.joined()
    #expect(try read(keys).objectValue?.count == 5_000)
  }
}
