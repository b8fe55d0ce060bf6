import APIMachinery
import Testing

/// What is told of an expression before it has values, beyond its types. What they are about follows cel-go's validators.
@Suite("What stands in expressions as such") struct CELLiteralCheckTests {
  private func messages(_ text: String) -> [String] {
    do {
      _ = try CELEnvironment.kubernetes.with(["x": .dynamic, "s": .string, "i": .int]).compile(text)
      return []
    } catch { return error.messages }
  }

  @Test(
    "lists and maps are of one type, the first element's",
    arguments: [
      ("[1, 2, 3]", []), ("[1, 'a', 2u]", ["expected type 'int' but found 'string'"]),
      ("[x, 1]", ["expected type 'dyn' but found 'int'"]),
      ("[[1], ['a']]", ["expected type 'list(int)' but found 'list(string)'"]),
      (
        "[optional.of(1), optional.of('a')].size()",
        ["expected type 'optional_type(int)' but found 'optional_type(string)'"]
      ),
      ("[?optional.of(1), 2]", []), ("'a' in [1, 'a']", ["expected type 'int' but found 'string'"]),
      (
        "{'a': 1, 'b': 'c', 2: 3}",
        ["expected type 'int' but found 'string'", "expected type 'string' but found 'int'"]
      ),
      ("'%s'.format([[1, 'a', {'k': null, 'l': 2}]])", []),
    ])
  func types(_ text: String, _ expected: [String]) { #expect(messages(text) == expected) }

  @Test(
    "a text that is formatted fits what it is given",
    arguments: [
      ("'%d %s'.format([i, s])", []), ("'%d'.format([x])", []), ("'%f'.format(['NaN'])", []),
      ("'%d'.format([s])", ["error during formatting: decimal clause can only be used on integers, was given string"]),
      ("'%f'.format([1])", ["error during formatting: fixed-point clause can only be used on doubles, was given int"]),
      (
        "'%e'.format([null])",
        ["error during formatting: scientific clause can only be used on doubles, was given null_type"]
      ),
      (
        "'%b'.format([s])",
        ["error during formatting: only integers and bools can be formatted as binary, was given string"]
      ),
      ("'%o'.format([true])", ["error during formatting: octal clause can only be used on integers, was given bool"]),
      (
        "'%X'.format([1.5])",
        ["error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given double"]
      ),
      ("'%q'.format([1])", ["could not parse formatting clause: unrecognized formatting clause \"q\""]),
      ("'%d %d'.format([1])", ["index 1 out of range"]), ("'%'.format([1])", ["unexpected end of string"]),
      ("'%d'.format([1, 2])", ["too many arguments supplied to string.format (expected 1, got 2)"]),
      ("'100%%'.format([])", []),
    ])
  func formats(_ text: String, _ expected: [String]) { #expect(messages(text) == expected) }

  @Test(
    "literals that a function can never take",
    arguments: [
      ("duration('1x') == duration('1s')", ["invalid duration argument"]),
      ("timestamp(253402300800)", ["invalid timestamp argument"]),
      ("timestamp('x')", ["invalid timestamp argument"]), ("s.matches('(')", ["invalid matches argument"]),
      ("y.matches('(')", ["undeclared reference to 'y' (in container '')"]),
      ("s.find('(')", ["error parsing regexp: missing closing ): `(`"]),
      ("int('a')", ["type conversion error from 'string' to 'int'"]),
    ])
  func literals(_ text: String, _ expected: [String]) { #expect(messages(text) == expected) }
}
