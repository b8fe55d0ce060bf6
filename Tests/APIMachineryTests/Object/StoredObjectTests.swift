import APIMachinery
import Testing

@Suite("Stored objects")
struct StoredObjectTests {
  private static let pod = #"""
    {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web-0","namespace":"default","uid":"u-1","generation":3,"labels":{"b":"2","app":"web"},"annotations":{"note":"a \"b\""},"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"web","uid":"u-0","controller":true,"blockOwnerDeletion":true}],"finalizers":["x.io/a","x.io/b"],"creationTimestamp":"2026-01-02T03:04:05Z","deletionTimestamp":"2026-01-02T03:05:05Z"},"spec":{"nodeName":"n1","replicas":2},"status":{"phase":"Running"}}
    """#

  private func stored(_ text: String, revision: UInt64 = 0) throws -> StoredObject {
    try StoredObject(bytes: Array(text.utf8), revision: revision)
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("the header is read from the bytes")
  func header() throws {
    let object = try stored(Self.pod)
    let header = object.header
    #expect(header.kind == "Pod")
    #expect(header.apiVersion == "v1")
    #expect(header.groupVersionKind == GroupVersionKind(group: "", version: "v1", kind: "Pod"))
    #expect(header.name == "web-0")
    #expect(header.namespace == "default")
    #expect(header.uid == "u-1")
    #expect(header.generation == 3)
    #expect(header.labels == ["app": "web", "b": "2"])
    #expect(header.labels.description == "app=web,b=2")
    #expect(header.finalizers == ["x.io/a", "x.io/b"])
    #expect(
      header.controller
        == OwnerReference(
          apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "u-0", controller: true,
          blockOwnerDeletion: true)
    )
    #expect(object.creationTimestamp == "2026-01-02T03:04:05Z")
    #expect(header.isBeingDeleted)
  }

  @Test("no room for more is kept with the bytes")
  func room() throws {
    var bytes = Array(Self.pod.utf8)
    bytes.reserveCapacity(100_000)
    let read = try StoredObject(bytes: bytes, revision: 0)
    let written = StoredObject(try #require(JSONValue(json: bytes).objectValue))
    for object in [read, written] {
      #expect(object.bytes == bytes)
      #expect(object.bytes.capacity < bytes.count + 64)
    }
  }

  @Test(
    "a resource version is taken out of the bytes and put in when served",
    arguments: [
      (#"{"metadata":{}}"#, #"{"metadata":{"resourceVersion":"7"}}"#),
      (#"{"metadata":{"labels":{}}}"#, #"{"metadata":{"resourceVersion":"7","labels":{}}}"#),
      (#"{"metadata":{"name":"a"}}"#, #"{"metadata":{"name":"a","resourceVersion":"7"}}"#),
      (
        #"{"metadata":{"name":"a","uid":"u","labels":{}}}"#,
        #"{"metadata":{"name":"a","uid":"u","resourceVersion":"7","labels":{}}}"#
      ),
      (#"{"metadata":{"resourceVersion":"5"}}"#, #"{"metadata":{"resourceVersion":"7"}}"#),
      (#"{"metadata":{"resourceVersion":"5","name":"a"}}"#, #"{"metadata":{"name":"a","resourceVersion":"7"}}"#),
      (#"{"metadata":{"name":"a","resourceVersion":"5"}}"#, #"{"metadata":{"name":"a","resourceVersion":"7"}}"#),
      (
        #"{"metadata":{"name":"a","resourceVersion":"5","uid":"u"},"x":1}"#,
        #"{"metadata":{"name":"a","uid":"u","resourceVersion":"7"},"x":1}"#
      ),
      (
        #" { "metadata" : { "name" : "a" , "resourceVersion" : "5" } } "#,
        #" { "metadata" : {"name" : "a","resourceVersion":"7"} } "#
      ),
      (#"{"metadata":{"resourceVersion":"5","resourceVersion":"6"}}"#, #"{"metadata":{"resourceVersion":"7"}}"#),
      (
        #"{"spec":{"resourceVersion":"1"},"metadata":{"name":"a"}}"#,
        #"{"spec":{"resourceVersion":"1"},"metadata":{"name":"a","resourceVersion":"7"}}"#
      ),
    ])
  func resourceVersion(text: String, served: String) throws {
    let object = try stored(text, revision: 7)
    #expect(self.text(object.served) == served)
    #expect(object.servedCount == served.utf8.count)
    #expect(!self.text(object.bytes).contains(#""resourceVersion":"5""#))
    #expect(object.resourceVersion == "7")
    #expect(object.tree()["metadata"]?["resourceVersion"] == "7")
    #expect(self.text(object.at(revision: 8).served) == served.replacing("\"7\"", with: "\"8\""))
  }

  @Test("an object that was not written has no resource version")
  func unwritten() throws {
    let object = try stored(#"{"metadata":{"resourceVersion":"5","name":"a"}}"#)
    #expect(text(object.served) == #"{"metadata":{"name":"a"}}"#)
    #expect(object.servedCount == object.served.count)
  }

  @Test(arguments: [1, 9, 10, 99, 100, 12_345_678, 10_000_000_000, UInt64.max - 1, .max])
  func revisionsOfAnyLength(revision: UInt64) throws {
    let object = try StoredObject(bytes: Array(#"{"metadata":{"name":"a"}}"#.utf8), revision: revision)
    let served = String(decoding: object.served, as: UTF8.self)
    #expect(served.contains(#""resourceVersion":"\#(revision)""#))
    #expect(object.servedCount == object.served.count && object.tree()["metadata"]?["name"] == "a")
  }

  @Test("what is no object is refused", arguments: ["[]", "1", "{}", #"{"metadata":[]}"#, #"{"metadata":"x"}"#, ""])
  func refused(text: String) {
    #expect(throws: JSONError.self) { try stored(text) }
  }

  @Test("a tree becomes an object and an object a tree")
  func trees() throws {
    let tree = try #require(JSONValue(json: Self.pod).objectValue)
    #expect(StoredObject(tree).tree() == tree)
    #expect(
      text(StoredObject(["kind": "X"], revision: 3).served) == #"{"kind":"X","metadata":{"resourceVersion":"3"}}"#)
    #expect(StoredObject(["metadata": "wrong"]).tree() == ["metadata": .object(JSONObject())])
  }

  @Test(
    "what is written of a tree is what is read of its bytes",
    arguments: [
      Self.pod, #"{"metadata":{}}"#, #"{"metadata":{"resourceVersion":"5"}}"#,
      #"{"metadata":{"labels":{"a":"b","c":1},"generation":1.5,"deletionTimestamp":null}}"#,
      #"{"metadata":{"resourceVersion":"5","annotations":{"x":"y"}},"kind":1,"apiVersion":null}"#,
      #"{"spec":{"metadata":{"name":"z"}},"metadata":{"labels":{},"generateName":"a-","resourceVersion":"1","x":[]}}"#,
      #"{"metadata":{"uid":"u","finalizers":["a",1],"namespace":"n","name":"x\"é\u2028<"},"data":{"a":null}}"#,
      #"{"metadata":{"ownerReferences":"none","finalizers":{},"labels":[],"name":1,"uid":null}}"#,
    ])
  func writtenAndRead(text: String) throws {
    let tree = try #require(JSONValue(json: text).objectValue)
    let written = StoredObject(tree, revision: 7)
    let read = try StoredObject(bytes: JSONValue.object(tree).jsonBytes(), revision: 7)
    #expect(self.text(written.bytes) == self.text(read.bytes))
    #expect(self.text(written.served) == self.text(read.served))
    let (a, b) = (written.header, read.header)
    #expect(a.apiVersion == b.apiVersion && a.kind == b.kind && a.namespace == b.namespace && a.name == b.name)
    #expect(a.uid == b.uid && a.generation == b.generation && a.labels == b.labels)
    #expect(a.ownerReferences == b.ownerReferences && a.finalizers == b.finalizers)
    #expect(a.deletionTimestamp == b.deletionTimestamp)
  }

  @Test("an object that nests as deep as a text may is read again with the record of who owns its fields")
  func depth() throws {
    let fields = JSONReader.maximumDepth - 1
    let spec = String(repeating: #"{"a":"#, count: fields) + "1" + String(repeating: "}", count: fields)
    let object = try JSONValue(json: #"{"metadata":{"name":"x"},"spec":\#(spec)}"#)
    #expect(object.depth == JSONReader.maximumDepth)
    let path = ["spec"] + repeatElement("a", count: fields)
    let owned = FieldSet(names: (1...path.count).map { Array(path.prefix($0)) })
    #expect(try FieldSet(fieldsV1: owned.fieldsV1) == owned)
    var tree = try #require(object.objectValue)
    tree["metadata"] = ["name": "x", "managedFields": [["fieldsV1": owned.fieldsV1]]]
    #expect(JSONValue.object(tree).depth <= JSONReader.maximumWrittenDepth)
    #expect(StoredObject(tree).tree() == tree)
  }

  @Test("edits change what they name and leave the rest as it stands")
  func edits() throws {
    let object = try stored(Self.pod, revision: 9)
    let finalized = object.settingFinalizers(["only"])
    #expect(finalized.revision == 0)
    #expect(finalized.header.finalizers == ["only"])
    #expect(object.header.finalizers.count == 2)
    #expect(!text(finalized.settingFinalizers([]).bytes).contains("finalizers"))
    #expect(finalized.settingOwnerReferences([]).header.ownerReferences.isEmpty)
    let status = object.setting("status", to: ["phase": "Failed"])
    #expect(status.value(at: "status") == ["phase": "Failed"])
    #expect(status.value(at: "spec") == ["nodeName": "n1", "replicas": 2])
    #expect(object.setting("status", to: nil).value(at: "status") == nil)
  }

  @Test("values are found by their paths")
  func paths() throws {
    let object = try stored(Self.pod)
    #expect(object.text(at: "spec", "nodeName") == "n1")
    #expect(object.text(at: "spec", "replicas") == nil)
    #expect(object.value(at: "spec", "replicas") == 2)
    #expect(object.value(at: "spec", "none", "deeper") == nil)
    #expect(object.annotation("note") == "a \"b\"")
    #expect(object.annotation("other") == nil)
  }

  @Test("a splice does what a change of the tree does")
  func splices() throws {
    var generator = SeededGenerator(seed: 21)
    let names = ["", "a", "name", "é€", "with \"quotes\"", "new", "<b>&"]
    for _ in 0..<500 {
      var tree = JSONValue.randomObject(using: &generator, depth: 3)
      let bytes = JSONValue.object(tree).jsonBytes()
      let name = names.randomElement(using: &generator)!
      let value = Bool.random(using: &generator) ? JSONValue.random(using: &generator, depth: 2) : nil
      let spliced = JSONSplice.setting(name, to: value, of: bytes)
      tree[name] = value
      #expect(spliced == JSONValue.object(tree).jsonBytes())
    }
  }

  @Test("any bytes are answered")
  func fuzz() {
    var generator = SeededGenerator(seed: 22)
    for _ in 0..<2_000 {
      let bytes = generator.mutated(Array(Self.pod.utf8))
      guard (try? JSONValue(json: bytes)) != nil, let object = try? StoredObject(bytes: bytes, revision: 5) else {
        continue
      }
      #expect(throws: Never.self) { try JSONValue(json: object.served) }
      #expect(object.served.count == object.servedCount)
      _ = object.settingFinalizers(["a"]).header
    }
  }
}
