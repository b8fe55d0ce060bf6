import APIMachinery
import Testing

/// Expressions that would take the server's time or memory are stopped, and what they cost is counted as Kubernetes does.
@Suite struct CELLimitTests {
  private static let environment = CELEnvironment.kubernetes.with([
    "s": .string, "l": .list(.int), "self": .string, "m": .map(.string, .string),
  ])

  private func evaluate(_ text: String, _ variables: [String: CELValue] = [:]) throws -> CELOutcome {
    try Self.environment.compile(text).evaluate(variables)
  }

  @Test(arguments: [
    // A product of lists.
    "lists.range(1000).all(a, lists.range(1000).all(b, lists.range(1000).all(c, a + b + c >= 0)))",
    // Lists that double at no cost.
    "[[1, 2, 3, 4]]" + String(repeating: ".map(x, x + x)", count: 100) + ".size() > 0",
    // A text that grows by replacing each letter by itself.
    "[s].map(x, x.replace('a', x)).map(x, x.replace('a', x)).map(x, x.replace('a', x)).size() > 0",
    "[s].map(x, x + x)" + String(repeating: ".map(x, x + x)", count: 60) + ".size() > 0",
    "lists.range(1000000000).size() > 0", "lists.range(100000).map(x, 'a').join(s).size() > 0",
    "lists.range(3000).distinct().map(x, [x]).distinct().size() > 0 && lists.range(2000).map(x, [x]).map(y, lists.range(2000).map(z, [z]).indexOf(y)).size() > 0",
    "s.indexOf(s.substring(0, 40000) + 'b') > 0 || lists.range(10000).all(x, s.lastIndexOf(s.substring(0, 40000) + 'b') < 0)",
    "lists.range(10000).all(x, s.matches('(a{900}|b){900}' + string(x)))",
    "sets.contains(lists.range(100000).map(x, [x]), lists.range(100000).map(x, [-x]))",
    "[1].map(x, '%.100000000f'.format([1.5])).size() > 0",
  ]) func bombsAreDefused(_ text: String) throws {
    let outcome = try evaluate(text, ["s": .string(String(repeating: "a", count: 100_000))])
    guard case .failure(let error) = outcome.result else { return #expect(Bool(false), "it had a value") }
    #expect(
      ["operation cancelled: actual cost limit exceeded"].contains(error.description)
        || error.description.hasPrefix("error parsing regexp"), "\(error)")
  }

  @Test func aLimitIsNotAbsorbed() throws {
    let outcome = try evaluate("lists.range(1000000).all(x, lists.range(100).all(y, x >= 0)) || true")
    #expect(throws: CELEvaluationError.self) { try outcome.result.get() }
  }

  @Test(arguments: [
    ("1 + 2", 1), ("true", 0), ("s", 1), ("s == 'a'", 2), ("[1, 2]", 0), ("[s]", 11), ("{'a': 1}", 0), ("{'a': s}", 31),
    ("s.startsWith('a')", 2),
    ("has(m.a)", 1), ("true ? s : 'x'", 0), ("m[?'b'].orValue(s)", 2), ("duration('1h') > duration('1s')", 1),
    ("m.a", 2), ("s.contains('aaaaaaaaaaaaaaaaaaaaa')", 4), ("l.all(x, x > 0)", 17),
  ]) func costsAreCounted(_ text: String, _ cost: UInt64) throws {
    let variables: [String: CELValue] = [
      "s": .string("abc"), "l": .list(CELList([.int(1), .int(2), .int(3)])), "m": CELValue(natural: ["a": "b"]),
    ]
    #expect(try evaluate(text, variables).cost == cost)
  }

  private func estimate(_ text: String, maxLength: Int64?) throws -> UInt64 {
    let schema = Schema(.string, rules: ValueRules(maxLength: maxLength))
    let type = try #require(CELSchemaType.make(schema, isResource: false))
    return try Self.environment.compile(text).estimatedCost(["self": type]).max
  }

  /// Numbers that follow from Kubernetes' rules: a text of n characters has up to 4n bytes, looking at a tenth of one costs
  /// a unit, and a pattern costs a quarter of a unit for each of its characters.
  @Test func estimatesFollowTheSchema() throws {
    #expect(try estimate("self == 'abc'", maxLength: 10) == 2)
    #expect(try estimate("self.startsWith('abc')", maxLength: 10) == 2)
    #expect(try estimate("self.contains('abc')", maxLength: 10) == 5)
    #expect(try estimate("self.matches('abcd')", maxLength: 10) == 6)
    #expect(try estimate("self.matches('abcd')", maxLength: nil) == 314_574)
    #expect(try estimate("self.size() > 3", maxLength: nil) == 3)
  }
}
