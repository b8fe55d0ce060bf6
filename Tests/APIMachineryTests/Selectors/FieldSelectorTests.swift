import APIMachinery
import Testing

@Suite("Field selectors")
struct FieldSelectorTests {
  @Test(
    "texts are read and printed in their canonical form",
    arguments: [
      ("", ""), ("a=b", "a=b"), ("a==b", "a=b"), ("a!=b", "a!=b"), ("b=1,a=2", "a=2,b=1"), ("a=b,,c=d,", "a=b,c=d"),
      (#"a=x\,y"#, #"a=x\,y"#), (#"a=x\=y\\z"#, #"a=x\=y\\z"#), ("a=", "a="), ("=b", "=b"), ("a!=", "a!="),
      ("a.b-c=d", "a.b-c=d"),
    ])
  func canonical(text: String, printed: String) throws {
    let selector = try FieldSelector.parse(text)
    #expect(selector.description == printed)
    #expect(try FieldSelector.parse(printed) == selector)
  }

  @Test("escapes are undone")
  func escapes() throws {
    #expect(try FieldSelector.parse(#"a=x\,y\=z\\"#).terms == [.init("a", "x,y=z\\")])
    #expect(FieldSelector.escape("x,y=z\\") == #"x\,y\=z\\"#)
  }

  @Test(
    "what is wrong is told in Kubernetes' words",
    arguments: [
      ("a", "invalid selector: 'a'; can't understand 'a'"),
      ("a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"),
      (#"a=\x"#, #"invalid field selector: invalid escape sequence: \x"#),
      (#"a=b\"#, #"invalid field selector: invalid escape sequence: \"#),
      ("a=b=c", "invalid field selector: unescaped character in value: 61"),
    ])
  func errors(text: String, message: String) {
    let error = #expect(throws: StatusError.self) { try FieldSelector.parse(text) }
    #expect(error?.message == message)
  }

  @Test(
    "which fields match",
    arguments: [
      ("spec.nodeName=n1", true), ("spec.nodeName!=n1", false), ("spec.nodeName=n2", false), ("spec.none=", true),
      ("spec.none!=", false), ("spec.none!=x", true), ("spec.nodeName=n1,status.phase=Running", true),
      ("spec.nodeName=n1,status.phase!=Running", false), ("", true),
    ])
  func matching(text: String, matches: Bool) throws {
    let fields = ["spec.nodeName": "n1", "status.phase": "Running"]
    #expect(try FieldSelector.parse(text).matches { fields[$0] ?? "" } == matches)
  }

  @Test("a field that a kind is not selected by is refused")
  func supported() throws {
    let selector = try FieldSelector.parse("metadata.name=a,spec.x=y")
    #expect(selector.exactValue(of: "metadata.name") == "a")
    #expect(try FieldSelector.parse("metadata.name!=a").exactValue(of: "metadata.name") == nil)
    #expect(try selector.checked { _ in true } == selector)
    let error = #expect(throws: StatusError.self) { try selector.checked { $0 == "metadata.name" } }
    #expect(error?.message == "field label not supported: spec.x")
    let other = #expect(throws: StatusError.self) { try selector.checkedForMetadata() }
    #expect(
      other?.message == "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
  }

  @Test("any text is answered, and what is read is printed and read as the same")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 32)
    for _ in 0..<3_000 {
      let text = generator.mutated(#"metadata.name=a\,b,spec.x!=y\\,c==d"#, alphabet: "ab,=!\\.é")
      guard let selector = try? FieldSelector.parse(text) else { continue }
      let terms = try FieldSelector.parse(selector.description).terms
      #expect(Set(terms) == Set(selector.terms), "\(text)")
    }
  }
}
