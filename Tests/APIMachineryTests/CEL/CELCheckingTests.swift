import APIMachinery
import Testing

/// What is said of expressions that do not compile, in cel-go's words.
@Suite struct CELCheckingTests {
  private static let environment = CELEnvironment.kubernetes.with([
    "self": .object(CELObjectType("selfType", types: ["name": .string, "count": .int])), "s": .string, "l": .list(.int),
  ])

  private func problem(_ text: String) -> String {
    do {
      _ = try Self.environment.compile(text)
      return "compiles"
    } catch { return error.description }
  }

  @Test(arguments: [
    ("x", "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x\n | ^"),
    (
      "1 + 'a'",
      "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^"
    ),
    ("self.nme == ''", "ERROR: <input>:1:5: undefined field 'nme'\n | self.nme == ''\n | ....^"),
    (
      "self.count.size()",
      "ERROR: <input>:1:16: found no matching overload for 'size' applied to 'int.()'\n | self.count.size()\n | ...............^"
    ),
    (
      "self.name.nope()",
      "ERROR: <input>:1:15: undeclared reference to 'nope' (in container '')\n | self.name.nope()\n | ..............^"
    ),
    (
      "url(s).host",
      "ERROR: <input>:1:7: unexpected failed resolution of 'kubernetes.URL'\n | url(s).host\n | ......^"
    ),
    (
      "x.?a.optMap(v, v)",
      "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x.?a.optMap(v, v)\n | ^\n"
        + "ERROR: <input>:1:1: undeclared reference to 'x' (in container '')\n | x.?a.optMap(v, v)\n | ^"
    ),
    ("s.x", "ERROR: <input>:1:2: type 'string' does not support field selection\n | s.x\n | .^"),
    ("[1, 'a']", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^"),
    (
      "s == 'é' &&\n  y",
      "ERROR: <input>:2:3: undeclared reference to 'y' (in container '')\n |   y\n | ..^"
    ),
    (
      "self.name == ",
      "ERROR: <input>:1:14: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | self.name == \n | .............^"
    ),
    ("(1", "ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'\n | (1\n | ..^"),
    ("has(s)", "ERROR: <input>:1:5: invalid argument to has() macro\n | has(s)\n | ....^"),
    ("l.all(1, true)", "ERROR: <input>:1:7: argument must be a simple name\n | l.all(1, true)\n | ......^"),
    ("for", "ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^"),
    ("99999999999999999999", "ERROR: <input>:1:1: invalid int literal\n | 99999999999999999999\n | ^"),
    ("1 && true", "ERROR: <input>:1:1: expected type 'bool' but found 'int'\n | 1 && true\n | ^"),
    ("l.all(x, x)", "ERROR: <input>:1:10: expected type 'bool' but found 'int'\n | l.all(x, x)\n | .........^"),
  ]) func messages(_ text: String, _ expected: String) { #expect(problem(text) == expected) }

  @Test func everyMistakeIsTold() {
    #expect(throws: CELCompilationError.self) { try Self.environment.compile("x + y") }
    do {
      _ = try Self.environment.compile("a == b")
    } catch {
      #expect(
        error.messages == [
          "undeclared reference to 'a' (in container '')", "undeclared reference to 'b' (in container '')",
        ])
    }
  }

  @Test func resultTypesAreKnown() throws {
    for (text, type) in [
      ("self.count", CELType.int), ("l.map(x, string(x))", .list(.string)), ("{'a': 1}", .map(.string, .int)),
      ("l[?0]", .optional(.int)), ("dyn(1)", .dynamic), ("s.split(',').exists(x, x == 'a')", .bool),
      ("type(1)", .type(.int)), ("true ? 1 : dyn('a')", .dynamic), ("[]", .list(.dynamic)),
    ] { #expect(try Self.environment.compile(text).resultType == type, "\(text)") }
  }

  @Test func nestingIsBounded() {
    for text in [
      String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000),
      String(repeating: "[", count: 5_000), String(repeating: "-", count: 9_999) + "s",
      "1" + String(repeating: " + 1", count: 20_000), "s" + String(repeating: ".a", count: 20_000),
      String(repeating: "true ? ", count: 3_000), "s" + String(repeating: ".optMap(x, x)", count: 3_000),
    ] { _ = problem(text) }
    // A chain of one logical operator is as flat as can be.
    #expect(problem("true" + String(repeating: " && true", count: 5_000)) == "compiles")
    #expect(problem(String(repeating: "1", count: 100_001)).contains("expression code point size exceeds limit"))
  }
}
