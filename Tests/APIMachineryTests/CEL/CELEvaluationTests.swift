import APIMachinery
import Testing

/// Expressions of the language, and what they are worth. What they are about follows cel-spec's conformance tests.
@Suite struct CELEvaluationTests {
  private static let environment = CELEnvironment.kubernetes.withPatchFunctions().with([
    "x": .dynamic, "i": .int, "u": .uint, "d": .double, "s": .string, "l": .list(.int), "m": .map(.string, .int),
  ])

  private static let variables: [String: CELValue] = [
    "x": CELValue(natural: ["name": "web", "ports": [80, 443], "none": .null, "deep": ["a-b": ["c": 1.5]]]),
    "i": .int(7), "u": .uint(7), "d": .double(2.5), "s": .string("héllo"),
    "l": .list(CELList([.int(3), .int(1), .int(2)])),
    "m": CELValue(natural: ["a": 1, "b": 2]),
  ]

  static func outcome(_ text: String) -> String {
    do {
      let program = try environment.compile(text)
      switch program.evaluate(variables).result {
      case .success(let value): return show(value)
      case .failure(let error): return "error: \(error)"
      }
    } catch { return "does not compile: \(error.messages.joined(separator: "; "))" }
  }

  private static func show(_ value: CELValue) -> String {
    switch value {
    case .uint(let value): "\(value)u"
    case .double(let value): "\(value)"
    case .optional(nil): "none"
    case .optional(let inner?): "optional(\(show(inner)))"
    case .type(let type): "\(type)"
    default: (try? value.json().jsonText(sortedKeys: true)) ?? "\(value)"
    }
  }

  @Test(arguments: [
    ("1 + 2 * 3", "7"), ("(1 + 2) * 3", "9"), ("7 / 2", "3"), ("-7 / 2", "-3"), ("-7 % 3", "-1"), ("7 % -3", "1"),
    ("2u + 3u", "5u"), ("1.5 + 2.0", "3.5"), ("-i", "-7"), ("--i", "7"), ("---i", "-7"), ("- -3", "3"),
    ("0x1F", "31"), ("0xFFu", "255u"), ("1e3", "1000.0"), (".5", "0.5"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("9223372036854775807 + 1", "error: integer overflow"), ("-9223372036854775808 - 1", "error: integer overflow"),
    ("-(-9223372036854775808)", "error: integer overflow"), ("9223372036854775807 * 2", "error: integer overflow"),
    ("-9223372036854775808 / -1", "error: integer overflow"), ("0u - 1u", "error: unsigned integer overflow"),
    ("18446744073709551615u + 1u", "error: unsigned integer overflow"),
    ("1 / 0", "error: division by zero"), ("1 % 0", "error: modulus by zero"), ("1u / 0u", "error: division by zero"),
    ("1.0 / 0.0", "inf"),
  ]) func arithmetic(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("true && false", "false"), ("true || false", "true"), ("!true", "false"), ("!!true", "true"),
    ("false && 1 / 0 > 0", "false"), ("1 / 0 > 0 && false", "false"), ("true || 1 / 0 > 0", "true"),
    ("1 / 0 > 0 || true", "true"), ("1 / 0 > 0 || false", "error: division by zero"),
    ("1 / 0 > 0 && true", "error: division by zero"), ("true ? 1 : 2", "1"), ("false ? 1 / 0 : 2", "2"),
    ("true ? (false ? 1 : 2) : 3", "2"), ("false ? 1 : true ? 2 : 3", "2"),
    ("dyn(1) && true", "error: no such overload"), ("dyn('a') ? 1 : 2", "error: no such overload"),
    ("true && true && true && false && true", "false"), ("false || false || true", "true"),
  ]) func logic(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  /// What has no members does not have this one.
  @Test(arguments: [
    ("dyn(null).a", "error: no such key: a"), ("dyn(null).a.b", "error: no such key: a"),
    ("dyn('x').size", "error: no such key: size"), ("dyn(1)[0]", "error: no such key: 0"),
    ("dyn(null)['a']", "error: no such key: a"), ("has(dyn(null).a)", "false"), ("dyn(null).?a.hasValue()", "false"),
    ("dyn('x')[?'a'].hasValue()", "false"), ("{'a': dyn(null)}.a.b", "error: no such key: b"),
  ]) func membersOfWhatHasNone(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("1 == 1", "true"), ("1 == 2", "false"), ("1 != 2", "true"), ("dyn(1) == 1.0", "true"), ("dyn(1) == 1u", "true"),
    ("dyn(1u) == 1.0", "true"), ("dyn(1) == 'a'", "false"), ("dyn(null) == 1", "false"), ("null == null", "true"),
    ("1 < 2", "true"), ("1 < 1.5", "true"), ("2u > 1", "true"), ("-1 < 1u", "true"),
    ("9223372036854775807 < 9223372036854775808.0", "false"), ("18446744073709551615u > 1.8e19", "true"),
    ("'a' < 'b'", "true"), ("'B' < 'a'", "true"), ("b'a' < b'b'", "true"), ("false < true", "true"),
    ("[1, 2] == [1, 2]", "true"), ("[1, 2] == [2, 1]", "false"), ("{'a': 1} == {'a': 1}", "true"),
    ("{'a': 1, 'b': 2} == {'b': 2, 'a': 1}", "true"), ("[dyn(1)] == [1.0]", "true"),
    ("dyn('a') < 1", "error: no such overload"), ("type(1) == int", "true"), ("type(int)", "type"),
    ("type('') == string", "true"), ("type(1) == type(1u)", "false"), ("type([]) == list", "true"),
    ("type(null) == null_type", "true"),
    ("type(timestamp('2024-01-01T00:00:00Z')) == google.protobuf.Timestamp", "true"),
  ]) func comparison(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  /// What an operator says of operands of the wrong types depends on whether the left one knows it.
  @Test(arguments: [
    ("dyn(1) + 'a'", "error: no such overload"), ("dyn({}) + dyn({})", "error: no such overload: _+_"),
    ("dyn([1]) - dyn([1])", "error: no such overload: _-_"), ("dyn('a') - dyn('a')", "error: no such overload"),
    ("dyn(1.0) % dyn(1.0)", "error: no such overload: _%_"), ("-dyn('a')", "error: no such overload"),
    ("-dyn(1u)", "error: no such overload: -_"), ("!dyn([1])", "error: no such overload"),
    ("dyn(null) < 1", "error: no such overload: _<_"), ("dyn(true) < 1", "error: no such overload"),
    ("1 in dyn('a')", "error: no such overload"), ("size(dyn(1))", "error: no such overload: size"),
    ("dyn(1).startsWith('a')", "error: no such overload"), ("dyn(1).matches('a')", "error: no such overload"),
    ("dyn([1]).matches(s)", "error: no such overload: matches"), ("dyn(1).find('a')", "error: no such overload"),
    ("dyn(1).find(s)", "error: no such overload: find(int, string)"),
    ("dyn(1).lowerAscii()", "error: no such overload: lowerAscii(int)"),
    ("dyn('a').all(e, true)", "error: got 'types.String', expected iterable type"),
    ("dyn(1).all(k, v, true)", "error: unsupported comprehension range type: types.Int"),
    ("x.ports.a", "error: unsupported index type 'string' in list"),
  ]) func operandsOfWrongTypes(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("i in [1, 7]", "true"), ("dyn(7.0) in [1, 7]", "true"), ("dyn(u) in [6, 7]", "true"), ("d in [2.0, 3.0]", "false"),
    ("x.name in ['a', 'web']", "true"), ("x in ['a']", "false"), ("x.none in ['a']", "false"), ("i in []", "false"),
    ("x.missing in ['a']", "error: no such key: missing"),
  ]) func membershipInWhatIsWrittenOut(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  /// A later step overrules what an earlier one fails with, or does not, and the first failure is told.
  @Test(arguments: [
    ("[0, 1].exists_one(e, 4 / e == 4)", "error: division by zero"),
    ("[0, 1].filter(e, 4 / e == 4)", "error: division by zero"),
    ("[0, 1].transformList(index, e, 4 / e)", "error: division by zero"),
    ("['a', 'b'].map(e, 1 / dyn(e))", "error: no such overload"), ("[0, 1].map(e, 4 / e).size() > 0 || true", "true"),
    ("[1, 0, 'a'.size()].exists(e, 4 / e == 4)", "true"),
  ]) func stepsThatFail(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("google.protobuf.BoolValue{value: true}", "true"), ("google.protobuf.BytesValue{value: b'a'} == b'a'", "true"),
    ("google.protobuf.Int64Value{}", "0"), ("google.protobuf.UInt64Value{}", "0u"),
    ("google.protobuf.StringValue{} == ''", "true"), ("google.protobuf.DoubleValue{value: 1.5} != null", "true"),
    ("google.protobuf.FloatValue{value: 1.333}", "1.3329999446868896"),
    ("google.protobuf.Int32Value{value: i} + 1", "8"), ("google.protobuf.Int32Value{?value: optional.none()}", "0"),
    (
      "google.protobuf.Int32Value{value: 2147483648}",
      "error: field type conversion error for google.protobuf.Int32Value.value value type: integer overflow"
    ),
    (
      "google.protobuf.Int32Value{value: dyn('a')}",
      "error: field type conversion error for google.protobuf.Int32Value.value value type:"
        + " unsupported native conversion from string to 'int32'"
    ),
    ("google.protobuf.Value{}", "null"), ("google.protobuf.Value{number_value: 1.5}", "1.5"),
    ("google.protobuf.Value{null_value: 0}", "null"),
    ("google.protobuf.Value{list_value: [1, 2]} == [1.0, 2.0]", "true"),
    ("google.protobuf.Struct{fields: {'a': 1}}.a", "1.0"), ("google.protobuf.ListValue{values: [1]}[0]", "1.0"),
    ("google.protobuf.Timestamp{seconds: 20, nanos: 5}", "\"1970-01-01T00:00:20.000000005Z\""),
    ("google.protobuf.Duration{seconds: 1, nanos: 5}", "\"1.000000005s\""),
    ("google.protobuf.Any{}", "error: unsupported conversion to ref.Val: (*dynamicpb.Message)"),
    (
      "google.protobuf.Int32Value{value: 1u}",
      "does not compile: expected type of field 'value' is 'int' but provided type is 'uint'"
    ),
    (
      "google.protobuf.Int32Value{value: 1} == 'a'",
      "does not compile: found no matching overload for '_==_' applied to '(wrapper(int), string)'"
    ),
    (
      "google.protobuf.Int32Value{value: 1}.value",
      "does not compile: type 'wrapper(int)' does not support field selection"
    ),
    ("[google.protobuf.Int32Value{value: 1}, 2]", "[1,2]"),
    (
      "google.protobuf.FieldMask{}",
      "does not compile: undeclared reference to 'google.protobuf.FieldMask' (in container '')"
    ),
  ]) func messages(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("'a' + 'b'", "\"ab\""), ("size('héllo')", "5"), ("s.size()", "5"), ("'tacocat'.startsWith('taco')", "true"),
    ("'tacocat'.endsWith('cat')", "true"), ("'tacocat'.contains('oca')", "true"), ("'a'.contains('')", "true"),
    ("'hubba'.matches('ub')", "true"), ("matches('hubba', '^ub')", "false"), ("'a' in ['a', 'b']", "true"),
    (#"'\x41\u00e9\U0001F600\101\n'"#, "\"Aé😀A\\n\""), (#"r'\n'"#, #""\\n""#), ("'''a'b'''", "\"a'b\""),
    (#""a" 'b'"#, "does not compile: Syntax error: extraneous input ''b'' expecting <EOF>"),
    ("'''a\r\nb\rc''' == 'a\\nb\\nc'", "true"), ("r'''\r\n'''.size()", "1"), ("'\\r'.size()", "1"),
    (#"b'\xff'.size()"#, "1"), ("b'é'.size()", "2"), ("bytes('é') == b'é'", "true"), ("string(b'abc')", "\"abc\""),
    (#"string(b'\xff')"#, "does not compile: invalid UTF-8 in bytes, cannot convert to string"),
    ("'\u{65}\u{301}' == '\u{E9}'", "false"),
  ]) func strings(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("l[0]", "3"), ("l[3]", "error: index out of bounds: 3"), ("l[-1]", "error: index out of bounds: -1"),
    ("l[dyn(1.0)]", "1"),
    ("m['a']", "1"), ("m.a", "1"), ("m['z']", "error: no such key: z"), ("m.z", "error: no such key: z"),
    ("'a' in m", "true"), ("'z' in m", "false"), ("2 in l", "true"), ("size(l)", "3"), ("m.size()", "2"),
    ("l + [4]", "[3,1,2,4]"), ("[] + []", "[]"),
    ("{1: 'a', 2u: 'b'}[1u]", "does not compile: expected type 'int' but found 'uint'"),
    ("{dyn(1): 'a', dyn(2u): 'b'}[dyn(2)]", "\"b\""),
    ("{'a': 1, 'a': 2}", "{\"a\":2}"),
    ("x.ports[1]", "443"), ("x.deep['a-b'].c", "1.5"), ("x.missing", "error: no such key: missing"),
    ("x.none == null", "true"),
    ("has(x.name)", "true"), ("has(x.missing)", "false"), ("has(x.none)", "true"),
    ("has(x.missing.deep)", "error: no such key: missing"),
    ("x.deep['a-b'].c", "1.5"),
  ]) func containers(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("l.all(e, e > 0)", "true"), ("l.all(e, e > 1)", "false"), ("[].all(e, e > 0)", "true"),
    ("l.exists(e, e == 2)", "true"),
    ("l.exists_one(e, e > 2)", "true"), ("l.map(e, e * 2)", "[6,2,4]"),
    ("l.map(e, e > 1, e * 2)", "[6,4]"), ("l.filter(e, e != 1)", "[3,2]"), ("m.all(k, k < 'c')", "true"),
    ("m.map(k, m[k])", "[1,2]"),
    ("[1, 0].all(e, 4 / e > 100)", "false"), ("[0, 1].exists(e, 4 / e == 4)", "true"),
    ("[0, 1].all(e, 4 / e == 4)", "error: division by zero"),
    ("[0, 1].map(e, 4 / e)", "error: division by zero"),
    ("[[1, 2], [3]].map(e, e.map(f, f + e.size()))", "[[3,4],[4]]"),
    ("l.all(index, value, index < 3 && value > 0)", "true"), ("l.exists(index, value, index == value)", "true"),
    ("m.exists(key, value, key == 'b' && value == 2)", "true"),
    ("l.transformList(index, value, index * value)", "[0,1,4]"),
    ("l.transformList(index, value, index > 0, value)", "[1,2]"),
    ("m.transformMap(key, value, value + 1)", #"{"a":2,"b":3}"#),
    ("m.transformMap(key, value, value > 1, value)", #"{"b":2}"#),
    ("m.transformMapEntry(key, value, {key + '!': value})", #"{"a!":1,"b!":2}"#),
    ("['a', 'b'].transformMapEntry(index, value, {'same': value})", "error: insert failed: key same already exists"),
    ("[1, 2].map(x, [x].map(x, x + 1))", "[[2],[3]]"),
    (
      "1.all(e, true)",
      "does not compile: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"
    ),
  ]) func macros(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("int('-12')", "-12"), ("int(3.9)", "3"), ("int(-3.9)", "-3"),
    ("int('a')", "does not compile: type conversion error from 'string' to 'int'"),
    ("int(1e19)", "does not compile: integer overflow"), ("uint(-1)", "does not compile: unsigned integer overflow"),
    ("uint('7')", "7u"),
    ("double('1.5')", "1.5"),
    ("double(3)", "3.0"), ("string(1.5)", "\"1.5\""), ("string(true)", "\"true\""), ("bool('t')", "true"),
    ("bool('yes')", "does not compile: type conversion error from 'string' to 'bool'"),
    ("duration('1h30m').getMinutes()", "90"), ("string(duration('1.5s'))", "\"1.5s\""),
    ("duration('-1s') < duration('0s')", "true"),
    ("timestamp('2023-01-31T12:30:45.123Z').getFullYear()", "2023"),
    ("timestamp('2023-01-31T12:30:45.123Z').getMonth()", "0"),
    ("timestamp('2023-01-31T12:30:45.123Z').getDate()", "31"),
    ("timestamp('2023-01-31T12:30:45.123Z').getDayOfMonth()", "30"),
    ("timestamp('2023-01-31T12:30:45.123Z').getDayOfWeek()", "2"),
    ("timestamp('2023-02-01T00:00:00Z').getDayOfYear()", "31"),
    ("timestamp('2023-01-31T12:30:45.123Z').getMilliseconds()", "123"),
    ("timestamp('2023-01-31T23:30:00Z').getHours('+01:00')", "0"),
    ("timestamp('9999-12-31T23:30:00Z').getFullYear('+01:00')", "10000"),
    ("timestamp('0001-01-01T00:00:00Z').getDayOfYear('-01:00')", "365"),
    ("timestamp('2023-01-31T23:30:00Z').getHours('Mars/Olympus')", "error: unknown time zone Mars/Olympus"),
    (
      "timestamp('2023-01-31T23:30:00Z').getHours('-9223372036854775808:00')",
      "error: invalid time zone offset \"-9223372036854775808:00\""
    ),
    ("timestamp('2023-01-31T23:30:00Z').getHours('../UTC')", "error: time: invalid location name"),
    ("timestamp('2023-01-31T23:30:00Z') + duration('30m') == timestamp('2023-02-01T00:00:00Z')", "true"),
    ("timestamp('2023-02-01T00:00:00Z') - timestamp('2023-01-31T00:00:00Z') == duration('24h')", "true"),
    ("string(timestamp('2023-01-31T01:00:00+01:00'))", "\"2023-01-31T01:00:00+01:00\""),
    ("int(timestamp('1970-01-01T00:01:00Z'))", "60"),
    ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
    ("timestamp('x')", "does not compile: invalid timestamp argument"),
    ("duration('x')", "does not compile: invalid duration argument"),
    ("'a'.matches('(')", "does not compile: invalid matches argument"),
  ]) func conversions(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }

  @Test(arguments: [
    ("x.?name", "optional(\"web\")"), ("x.?missing", "none"), ("x.?missing.deep", "none"),
    ("x.?missing.orValue('d')", "\"d\""),
    ("l[?0]", "optional(3)"), ("l[?9].orValue(0)", "0"), ("m[?'a'].value()", "1"),
    ("optional.none().value()", "error: optional.none() dereference"),
    ("optional.of(1).hasValue()", "true"), ("optional.ofNonZeroValue(0)", "none"),
    ("x.?missing.or(optional.of('d')).value()", "\"d\""),
    ("[?optional.of(1), ?optional.none()]", "[1]"), ("{?'a': optional.none(), 'b': 1}", #"{"b":1}"#),
    ("optional.of(2).optMap(v, v * 2)", "optional(4)"),
    ("optional.none().optMap(v, v * 2)", "none"), ("optional.of([1]).optFlatMap(v, v[?0])", "optional(1)"),
    ("has(x.?deep.missing)", "false"),
  ]) func optionals(_ text: String, _ expected: String) { #expect(Self.outcome(text) == expected) }
}
