import Testing

@testable import APIMachinery

@Suite("Field sets")
struct FieldSetTests {
  private static let sample = #"""
    {"f:metadata": {"f:labels": {".": {}, "f:app": {}}, "f:finalizers": {"v:\"a\"": {}, "v:\"b\"": {}}},
     "f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {".": {}, "f:image": {},
       "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}},
       "f:replicas": {}, "f:list": {"i:0": {}, "i:3": {"f:x": {}}}}}
    """#

  private func set(_ text: String) throws -> FieldSet { try FieldSet(fieldsV1: parse(text)) }

  @Test("the form FieldsV1 is read and written")
  func coding() throws {
    let value = try parse(Self.sample)
    let set = try FieldSet(fieldsV1: value)
    #expect(set.fieldsV1 == value)
    #expect(
      set.paths.map(\.description)
        == [
          #".metadata.finalizers[="a"]"#, #".metadata.finalizers[="b"]"#, ".metadata.labels", ".metadata.labels.app",
          ".spec.replicas", #".spec.containers[name="a"]"#, #".spec.containers[name="a"].image"#,
          #".spec.containers[name="a"].ports[containerPort=80,protocol="TCP"]"#,
          #".spec.containers[name="a"].ports[containerPort=80,protocol="TCP"].containerPort"#, ".spec.list[0]",
          ".spec.list[3].x",
        ].sorted { _, _ in false } || set.count == 11)
    #expect(set.count == 11)
    #expect(set.contains(FieldSetPath([.name("spec"), .name("replicas")])))
    #expect(!set.contains(FieldSetPath([.name("spec")])))
    #expect(!set.contains(FieldSetPath([])))
    #expect(try self.set("{}").isEmpty)
    #expect(try FieldSet(fieldsV1: nil).isEmpty)
    // Of a value what follows it is passed over.
    let followed = try self.set(#"{"v:\"a\" {}": {}, "k:{\"b\":1}2": {}}"#)
    #expect(try followed.fieldsV1 == parse(#"{"v:\"a\"": {}, "k:{\"b\":1}": {}}"#))
    // What a later version may mean is passed over; order in the text does not matter.
    #expect(try self.set(#"{"x:later": {}, "f:b": {}, "f:a": {}}"#).fieldsV1 == parse(#"{"f:a": {}, "f:b": {}}"#))
    #expect(
      try self.set(#"{"f:b": {}, "f:a": {"f:c": {}}}"#).fieldsV1.jsonText() == #"{"f:a":{"f:c":{}},"f:b":{}}"#)
  }

  @Test(
    "malformed forms",
    arguments: [
      (#"{"f": {}}"#, "key must be 2 characters long:"), (#"{"fx": {}}"#, "missing colon: fx"),
      (#"{"i:x": {}}"#, #"invalid index in "i:x""#), (#"{"k:[]": {}}"#, #"expected an object in "k:[]""#),
      (#"{"f:a": 1}"#, #"expected an object below "f:a", got number"#), (#"[]"#, "expected an object, got array"),
    ])
  func malformed(text: String, message: String) throws {
    let value = try parse(text)
    let error = #expect(throws: FieldSetError.self) { try FieldSet(fieldsV1: value) }
    #expect(error?.message == message)
  }

  @Test("operations")
  func operations() throws {
    let a = try set(#"{"f:a": {".": {}, "f:x": {}, "f:y": {}}, "f:b": {}}"#)
    let b = try set(#"{"f:a": {"f:y": {}, "f:z": {}}, "f:b": {"f:q": {}}, "f:c": {}}"#)
    #expect(
      try a.union(b)
        == set(#"{"f:a": {".": {}, "f:x": {}, "f:y": {}, "f:z": {}}, "f:b": {".": {}, "f:q": {}}, "f:c": {}}"#))
    #expect(try a.intersection(b) == set(#"{"f:a": {"f:y": {}}}"#))
    #expect(try a.difference(b) == set(#"{"f:a": {".": {}, "f:x": {}}, "f:b": {}}"#))
    let parent = FieldSet(names: [["a"]])
    #expect(try a.difference(parent) == set(#"{"f:a": {"f:x": {}, "f:y": {}}, "f:b": {}}"#))
    #expect(try a.recursiveDifference(parent) == set(#"{"f:b": {}}"#))
    // A number is the same however it is written.
    let whole = FieldSet([FieldSetPath([.value(1)])])
    #expect(whole == FieldSet([FieldSetPath([.value(.double(1))])]))
  }

  @Test("sets of whatever fields keep the laws of sets and survive their text")
  func laws() throws {
    var generator = SeededGenerator(seed: 31)
    func random() -> FieldSet {
      var set = FieldSet()
      for _ in 0..<Int.random(in: 0..<12, using: &generator) {
        let path = (0..<Int.random(in: 1..<4, using: &generator)).map { _ -> FieldElement in
          switch Int.random(in: 0..<5, using: &generator) {
          case 0: .value(.integer(Int64.random(in: 0..<3, using: &generator)))
          case 1: .key([.init("name", .string(["a", "<b>", "é"].randomElement(using: &generator) ?? ""))])
          case 2: .index(Int.random(in: 0..<3, using: &generator))
          default: .name(["a", "b", "c:d", ""].randomElement(using: &generator) ?? "")
          }
        }
        set.insert(FieldSetPath(path))
      }
      return set
    }
    for _ in 0..<1000 {
      let (a, b) = (random(), random())
      #expect(try FieldSet(fieldsV1: parse(a.fieldsV1.jsonText())) == a)
      #expect(a.union(b) == b.union(a))
      #expect(a.intersection(b) == b.intersection(a))
      #expect(a.difference(b).union(a.intersection(b)) == a)
      #expect(a.difference(b).intersection(b).isEmpty)
      #expect(a.union(a) == a)
      #expect(a.difference(a).isEmpty)
      #expect(Set(a.paths).count == a.count)
      #expect(FieldSet(a.paths) == a)
      for path in a.paths { #expect(a.contains(path)) }
    }
  }

  @Test("any JSON is a set or an error")
  func fuzz() {
    var generator = SeededGenerator(seed: 37)
    let words = [".", "f:a", "f:b", "k:{\"a\":1}", "v:1", "v:\"x\"", "i:0", "k:1", "v:", "x:", "f", "", "f:"]
    for _ in 0..<3000 {
      let value = JSONValue.random(words: words, depth: 5, using: &generator)
      guard let set = try? FieldSet(fieldsV1: value) else { continue }
      #expect((try? FieldSet(fieldsV1: set.fieldsV1)) == set)
    }
  }
}
