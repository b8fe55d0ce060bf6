import APIMachinery
import Testing

/// What is said of texts that are no expressions: the places and words are those of cel-go, which goes on after a word too much.
@Suite struct CELSyntaxTests {
  private static let starters =
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

  private static func aggregate(_ brackets: String) -> String {
    "{\(brackets), '(', '.', ',', '-', '!', '?', " + starters[starters.firstRange(of: "'true'")!.lowerBound...]
  }

  private func problems(_ text: String) -> [String] {
    do {
      _ = try CELEnvironment.kubernetes.with(["s": .string, "l": .list(.int)]).compile(text)
      return []
    } catch {
      return error.description.split(separator: "\n").filter { $0.hasPrefix("ERROR: <input>:") }.map {
        String($0.dropFirst("ERROR: <input>:".count))
      }
    }
  }

  @Test(arguments: [
    (
      "s = 'a'",
      [
        "1:3: Syntax error: token recognition error at: '= '",
        "1:5: Syntax error: extraneous input ''a'' expecting <EOF>",
      ]
    ),
    (
      "s == @",
      [
        "1:6: Syntax error: token recognition error at: '@'",
        "1:7: Syntax error: mismatched input '<EOF>' expecting \(starters)",
      ]
    ),
    ("== s", ["1:1: Syntax error: extraneous input '==' expecting \(starters)"]),
    (
      "size(% s) > 0",
      ["1:6: Syntax error: extraneous input '%' expecting \(starters.replacing("'(', ", with: "'(', ')', "))"]
    ),
    ("[", ["1:2: Syntax error: mismatched input '<EOF>' expecting \(aggregate("'[', ']', '{'"))"]),
    ("{", ["1:2: Syntax error: mismatched input '<EOF>' expecting \(aggregate("'[', '{', '}'"))"]),
    ("[%s]", ["1:2: Syntax error: extraneous input '%' expecting \(aggregate("'[', ']', '{'"))"]),
    (
      "size(",
      ["1:6: Syntax error: mismatched input '<EOF>' expecting \(starters.replacing("'(', ", with: "'(', ')', "))"]
    ),
    ("T{1: 2}", ["1:3: Syntax error: mismatched input '1' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"]),
    ("T{?", ["1:4: Syntax error: mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}"]),
    ("[,].size() + {,}.size()", []), ("[,", ["1:3: Syntax error: missing ']' at '<EOF>'"]),
    ("s.", ["1:3: Syntax error: no viable alternative at input '.'"]),
    (
      "s.%",
      [
        "1:3: Syntax error: no viable alternative at input '.%'",
        "1:4: Syntax error: mismatched input '<EOF>' expecting \(starters)",
      ]
    ),
    ("", ["1:0: Syntax error: mismatched input '<EOF>' expecting \(starters)"]),
    (
      "a %% b",
      ["1:4: Syntax error: extraneous input '%' expecting \(starters)"]
    ),
    (
      "_-/%",
      [
        "1:3: Syntax error: mismatched input '/' expecting \(starters)",
        "1:4: Syntax error: mismatched input '%' expecting \(starters)",
        "1:5: Syntax error: mismatched input '<EOF>' expecting \(starters)",
      ]
    ),
    (
      "a--",
      [
        "1:4: Syntax error: no viable alternative at input '-'",
        "1:4: Syntax error: mismatched input '<EOF>' expecting \(starters)",
      ]
    ),
    ("!", ["1:2: Syntax error: extraneous input '<EOF>' expecting \(starters)"]),
    ("!-a", ["1:3: Syntax error: no viable alternative at input '-a'"]),
    ("[1, 2", ["1:6: Syntax error: mismatched input '<EOF>' expecting {']', ','}"]),
    ("[a,,b]", ["1:4: Syntax error: mismatched input ',' expecting ']'"]),
    ("x{a:1,*}", ["1:7: Syntax error: extraneous input '*' expecting '}'"]),
    ("x{*}", ["1:3: Syntax error: extraneous input '*' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}"]),
    (
      "a.?*",
      [
        "1:4: Syntax error: mismatched input '*' expecting {IDENTIFIER, ESC_IDENTIFIER}",
        "1:4: unsupported ident kind", "1:5: Syntax error: mismatched input '<EOF>' expecting \(starters)",
      ]
    ),
    (
      "has(self.",
      ["1:5: invalid argument to has() macro", "1:10: Syntax error: no viable alternative at input '.'"]
    ),
    (
      "function(x) { return x }",
      ["1:1: reserved identifier: function", "1:13: Syntax error: mismatched input '{' expecting <EOF>"]
    ),
    ("s.in.x", ["1:3: Syntax error: no viable alternative at input '.in'"]),
    (
      "s.in == 1",
      [
        "1:3: Syntax error: no viable alternative at input '.in'",
        "1:6: Syntax error: extraneous input '==' expecting \(starters)",
      ]
    ),
    (
      "s[",
      ["1:3: Syntax error: mismatched input '<EOF>' expecting \(starters.replacing("'!', ", with: "'!', '?', "))"]
    ),
    ("s.true", ["1:3: Syntax error: mismatched input 'true' expecting IDENTIFIER"]),
    ("[1 2].size() > 0", ["1:4: Syntax error: extraneous input '2' expecting {']', ','}"]),
    ("[1, ", ["1:5: Syntax error: missing ']' at '<EOF>'"]),
    ("((1", ["1:4: Syntax error: mismatched input '<EOF>' expecting ')'"]),
    ("true ? 1", ["1:9: Syntax error: mismatched input '<EOF>' expecting ':'"]),
    ("l.map(for, 1)", ["1:7: reserved identifier: for", "1:7: argument is not an identifier"]),
    ("b'\\u0041' == b'A'", ["1:1: unable to unescape string"]),
    ("'\\udead' == s", ["1:1: invalid unicode code point"]),
    ("{'a-b': 1}.`a-b` == 1", ["1:12: unsupported syntax: '`'"]),
    ("int{}", ["1:4: 'int' is not a message type"]),
    ("Some{a: b}", ["1:5: undeclared reference to 'Some' (in container '')"]),
    (
      "l.existsOne(x, x > 1)",
      [
        "1:12: undeclared reference to 'existsOne' (in container '')",
        "1:13: undeclared reference to 'x' (in container '')", "1:16: undeclared reference to 'x' (in container '')",
      ]
    ),
    (
      "y.optMap(z, z)",
      ["1:1: undeclared reference to 'y' (in container '')", "1:1: undeclared reference to 'y' (in container '')"]
    ),
    (
      "jsonpatch.escapeKey(s) == s",
      [
        "1:1: undeclared reference to 'jsonpatch' (in container '')",
        "1:20: undeclared reference to 'escapeKey' (in container '')",
      ]
    ),
  ]) func mistakes(_ text: String, _ expected: [String]) { #expect(problems(text) == expected) }

  @Test(arguments: [" == 1", ".a", "[0]", ".f()"]) func chainsAreBounded(_ link: String) {
    let text = "s" + String(repeating: link, count: 260)
    #expect(problems(text) == ["-1:0: max recursion depth exceeded"])
  }

  @Test func nestingIsBoundedInItsOwnWords() {
    let text = String(repeating: "(", count: 300) + "1" + String(repeating: ")", count: 300)
    #expect(problems(text) == ["-1:0: expression recursion limit exceeded: 250"])
  }

  /// Each level names what is wrong twice; that must not double the work each time.
  @Test func whatIsRepeatedIsToldSoOften() {
    let text = "y" + String(repeating: ".optMap(z, z)", count: 60)
    #expect(problems(text).count <= 101)
  }

  @Test func wordsTooMuchDoNotNest() {
    let found = problems(String(repeating: ")!", count: 50_000))
    #expect(found.count == 100)
    #expect(found.allSatisfy { $0.contains("Syntax error: extraneous input ')' expecting") })
  }

  @Test func aHundredMistakesAreToldAndNoMore() {
    for text in [String(repeating: "#", count: 5_000), String(repeating: "[1 2] + ", count: 150) + "1"] {
      let found = problems(text + "1")
      #expect(found.count == 100)
    }
    // What is no mistake of syntax does not count.
    let reserved = Array(repeating: "for", count: 100).joined(separator: " + ")
    #expect(problems(reserved + " + (1 2)").allSatisfy { !$0.contains("More than") })
  }

  @Test func wholeNamesInQuotesAreShown() {
    #expect(problems(".`ab`").first == "1:2: Syntax error: no viable alternative at input '.`ab`'")
  }

  @Test func itGoesOnSoOftenAndNoOftener() {
    let found = problems(String(repeating: "s.+", count: 40))
    #expect(found.count == 32)
    #expect(found[30] == "1:92: Syntax error: error recovery attempt limit exceeded: 30")
    #expect(found[31] == "1:93: Syntax error: no viable alternative at input '.+'")
  }

  @Test func itPassesOverSoManyWordsAndNoMore() {
    let found = problems("s." + String(repeating: " 1", count: 300))
    #expect(
      found == [
        "-1:0: error recovery token lookahead limit exceeded: 256",
        "1:4: Syntax error: no viable alternative at input '. 1'",
      ])
  }

  /// What macros are given stands in their expansion more than once; that must not double the work each time.
  @Test func whatMacrosRepeatIsLookedAtOnce() throws {
    let text = "optional.of(1)" + String(repeating: ".optMap(v, v)", count: 60) + ".hasValue()"
    let program = try CELEnvironment.kubernetes.compile(text)
    #expect(!program.selects("a", of: "v"))
  }

  @Test(arguments: [
    ("string(timestamp('2020-02-29T12:30:45.5+01:30'))", "2020-02-29T12:30:45.5+01:30"),
    ("string(timestamp('2020-02-29T12:30:45-08:00') + duration('24h'))", "2020-03-01T12:30:45-08:00"),
    ("string(timestamp('2020-02-29T12:30:45-00:00'))", "2020-02-29T12:30:45Z"),
    ("string(timestamp('2020-02-29T23:30:45-08:00').getHours())", "7"),
    ("string(timestamp('2020-02-29T12:30:45+01:00') == timestamp('2020-02-29T11:30:45Z'))", "true"),
    ("string(dyn(9223372036854775807) < 9223372036854775808.0)", "false"),
    ("string(dyn([1.5, 2.0]).sum())", "3.5"), ("string(has(dyn(1).a))", "false"),
    ("url('https://example.com/with space/é').getEscapedPath()", "/with%20space/%C3%A9"),
    ("url('https://example.com/a%2Fb').getEscapedPath()", "/a%2Fb"),
    ("string(['a'].exists(y, .y == 'a'))", "true"),
  ]) func values(_ text: String, _ expected: String) throws {
    let value = try CELEnvironment.kubernetes.compile(text).evaluate([:]).result.get()
    #expect(try value.json() == .string(expected))
  }

  /// A rule that looks at the keys of a map must not be refused for what they might cost.
  @Test func keysOfMapsAreEstimatedAsEmpty() throws {
    let schema = try SchemaReader(.customResource).schema([
      "type": "object", "maxProperties": 8, "additionalProperties": ["type": "string", "maxLength": 9],
    ])
    let type = try #require(CELSchemaType.make(schema, isResource: false))
    let environment = CELEnvironment.kubernetes.with(["self": type.type])
    for (text, cost) in [
      ("self.all(k, k.contains('abc'))", 34), ("self.all(k, k.matches('abc'))", 42), ("int == int", 3),
    ] as [(String, UInt64)] {
      #expect(try environment.compile(text).estimatedCost(["self": type]).max == cost, "\(text)")
    }
  }
}
