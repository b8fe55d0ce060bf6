import APIMachinery
import Testing

@Suite("Label selectors")
struct LabelSelectorTests {
  @Test(
    "texts are read and printed in their canonical form",
    arguments: [
      ("", ""), ("  ", ""), ("a=b", "a=b"), ("a==b", "a==b"), ("a!=b", "a!=b"), (" b = c , a = d ", "a=d,b=c"),
      ("a in (c,b)", "a in (b,c)"), ("a notin ( b )", "a notin (b)"), ("a", "a"), ("!a", "!a"), ("! a,b", "!a,b"),
      ("a=", "a="), ("a=,b=c", "a=,b=c"), ("a in ()", "a in ()"), ("a in (,)", "a in ()"), ("a in (,b)", "a in (,b)"),
      ("a in (b,)", "a in (,b)"), ("a in (b,,c)", "a in (,b,c)"), ("a>1", "a>1"), ("a<10,a>1", "a<10,a>1"),
      ("in=notin", "in=notin"), ("x in (in,notin)", "x in (in,notin)"), ("app.io/name=web", "app.io/name=web"),
      ("a in (b,b)", "a in (b)"), ("a\t=\nb", "a=b"), ("a=b,a!=c", "a=b,a!=c"),
    ])
  func canonical(text: String, printed: String) throws {
    let selector = try LabelSelector.parse(text)
    #expect(selector.description == printed)
    #expect(try LabelSelector.parse(printed) == selector)
  }

  @Test(
    "which labels match",
    arguments: [
      ("app=web", true), ("app==web", true), ("app!=web", false), ("app!=db", true), ("other!=x", true),
      ("app in (db,web)", true),
      ("app notin (db,web)", false), ("none notin (x)", true), ("none in (x)", false), ("app", true), ("none", false),
      ("!none", true), ("!app", false), ("size>4", true), ("size>5", false), ("size<6", true), ("app>1", false),
      ("none<1", false), ("app=web,size=5", true), ("app=web,size=6", false), ("empty=", true), ("app=", false),
      ("", true),
      ("empty in ()", true),
    ])
  func matching(text: String, matches: Bool) throws {
    let labels: LabelSet = ["app": "web", "size": "5", "empty": ""]
    #expect(try LabelSelector.parse(text).matches(labels) == matches)
  }

  @Test(
    "what is wrong is told in Kubernetes' words",
    arguments: [
      ("a in b", "unable to parse requirement: found 'b' expected: '('"),
      ("a,,b", "found ',', expected: identifier after ','"), ("a,", "found '', expected: identifier after ','"),
      (",a", "found ',', expected: !, identifier, or 'end of string'"),
      ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
      ("a=b c", "found 'c', expected: ',' or 'end of string'"), ("!a=b", "found '=', expected: ',' or 'end of string'"),
      ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
      ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
      ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
      ("a in (b,=)", "unable to parse requirement: found '=', expected: ',', or identifier"),
      ("a=!", "unable to parse requirement: found '!', expected: identifier"),
      ("!", "unable to parse requirement: found '', expected: identifier"),
      ("(a)", "found '(', expected: !, identifier, or 'end of string'"),
      (
        "-a=b",
        "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
      ),
      (
        "a=b@",
        "unable to parse requirement: values[0][a]: Invalid value: \"b@\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
      ),
      (
        "a>b",
        "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer"
      ),
    ])
  func errors(text: String, message: String) {
    let error = #expect(throws: StatusError.self) { try LabelSelector.parse(text) }
    #expect(error?.message == message)
    #expect(error?.reason == .badRequest)
  }

  @Test("objects with matchLabels and matchExpressions")
  func objects() throws {
    #expect(try LabelSelector(json: nil) == .nothing)
    #expect(try LabelSelector(json: .null) == .nothing)
    #expect(try LabelSelector(json: .object([:])) == .everything)
    let selector = try LabelSelector(json: [
      "matchLabels": ["app": "web"],
      "matchExpressions": [
        ["key": "tier", "operator": "In", "values": ["b", "a"]], ["key": "old", "operator": "DoesNotExist"],
        ["key": "new", "operator": "Exists"], ["key": "env", "operator": "NotIn", "values": ["test"]],
      ],
    ])
    #expect(selector.description == "app=web,env notin (test),new,!old,tier in (a,b)")
    #expect(selector.exactValue(of: "app") == "web")
    #expect(selector.exactValue(of: "tier") == nil)
    #expect(!LabelSelector.nothing.matches(["app": "web"]))
    #expect(LabelSelector.everything.selectsEverything)
    #expect(LabelSelector(labels: ["b": "1", "a": "2"]).description == "a=2,b=1")
    let error = #expect(throws: StatusError.self) {
      try LabelSelector(json: ["matchExpressions": [["key": "a", "operator": "Like"]]])
    }
    #expect(error?.message == "\"Like\" is not a valid label selector operator")
    let empty = #expect(throws: StatusError.self) {
      try LabelSelector(json: ["matchExpressions": [["key": "a", "operator": "In"]]])
    }
    #expect(empty?.message == "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
  }

  @Test("objects are validated")
  func validation() {
    let path = FieldPath("spec", "selector")
    let errors = LabelSelector.errors(
      in: [
        "matchLabels": ["-": "v"],
        "matchExpressions": [
          ["key": "a", "operator": "In"], ["key": "a", "operator": "Exists", "values": ["x"]],
          ["key": "a", "operator": "X"], ["key": "a", "operator": "In", "values": ["ok", "-"]],
        ],
      ], at: path)
    #expect(
      errors.map(\.field) == [
        "spec.selector.matchLabels", "spec.selector.matchExpressions[0].values",
        "spec.selector.matchExpressions[1].values", "spec.selector.matchExpressions[2].operator",
        "spec.selector.matchExpressions[3].values[1]",
      ])
    #expect(errors[1].body == "Required value: must be specified when `operator` is 'In' or 'NotIn'")
    #expect(errors[3].body == "Invalid value: \"X\": not a valid selector operator")
  }

  @Test("any text is answered, and what is read is printed and read as the same")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 31)
    let seeds = ["app=web,tier in (a,b),!old,size>3", "a notin (x,,y),b!=c,d==e,f<7", "x.io/y in (),z"]
    var taken = 0
    for _ in 0..<5_000 {
      let text = generator.mutated(seeds.randomElement(using: &generator)!, alphabet: "ab1,()=!<> innot./-_\u{0}")
      guard let selector = try? LabelSelector.parse(text) else { continue }
      taken += 1
      #expect(try LabelSelector.parse(selector.description) == selector, "\(text)")
    }
    #expect(taken > 500)
  }
}
