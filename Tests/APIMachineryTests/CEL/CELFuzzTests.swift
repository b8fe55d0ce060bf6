import APIMachinery
import Testing

/// Whatever the text, it compiles or is refused, and what compiles has a value or an error.
@Suite struct CELFuzzTests {
  private static let seeds = [
    "self.a.all(x, x > 1 && has(self.b)) ? [1, 2u, 3.5] : {'k': b\"\\x41\", ?'l': optional.none()}",
    "'a\\u00e9' + r'\\d' in ['''x''', \"\"\"y\"\"\"] || !(-1 <= 2 % 3) // a comment",
    "l.transformMap(k, v, k != 'x', v * 2).exists_one(k, k == 'y') == Type{f: 1, ?g: x[?0]}",
    "s.matches('^[a-z]+$').optMap(v, v.`odd.name`[0].?z.orValue(duration('1h')))",
  ]
  private static let words = [
    "self", ".", "(", ")", "[", "]", "{", "}", "?", ":", ",", "&&", "||", "!", "-", "+", "*", "/", "%", "==", "in", "<",
    "1", "2u", "0.5", "'s'", "b'b'", "true", "null", "x", "map", "all", "has", "size", "optional.of", "dyn", "type",
  ]

  private func exercise(_ text: String) {
    let environment = CELEnvironment.kubernetes.with([
      "self": .dynamic, "l": .list(.int), "s": .string, "x": .map(.string, .dynamic),
    ])
    guard let program = try? environment.compile(text) else { return }
    _ = program.estimatedCost()
    _ = program.evaluate(
      ["self": CELValue(natural: ["a": [1, 2], "b": "c"]), "l": .list(CELList([.int(1)])), "s": .string("abc")],
      limit: 10_000)
  }

  @Test func bytesThatAreChanged() {
    var generator = SeededGenerator(seed: 7)
    for round in 0..<4_000 {
      let seed = Array(Self.seeds[round % Self.seeds.count].utf8)
      exercise(String(decoding: generator.mutated(seed), as: UTF8.self))
    }
  }

  @Test func wordsInAnyOrder() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<6_000 {
      let count = Int.random(in: 1...14, using: &generator)
      exercise((0..<count).map { _ in Self.words.randomElement(using: &generator) ?? "" }.joined(separator: " "))
    }
  }
}
