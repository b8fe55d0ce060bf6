import APIMachinery
import Testing

@Suite("Lists and watches")
struct ListTests {
  private func object(_ name: String, _ revision: UInt64) throws -> StoredObject {
    try StoredObject(bytes: Array(#"{"kind":"Pod","metadata":{"name":"\#(name)"},"spec":{}}"#.utf8), revision: revision)
  }

  @Test("a list is its objects' bytes in an envelope")
  func list() throws {
    var writer = ListWriter(
      apiVersion: "v1", kind: "PodList", ListMeta(revision: 9, continueToken: "abc", remainingItemCount: 3))
    writer.append(try object("a", 5))
    writer.append(try object("b", 6))
    #expect(
      String(decoding: writer.finish(), as: UTF8.self)
        == #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9","continue":"abc","remainingItemCount":3},"items":[{"kind":"Pod","metadata":{"name":"a","resourceVersion":"5"},"spec":{}},{"kind":"Pod","metadata":{"name":"b","resourceVersion":"6"},"spec":{}}]}"#
        + "\n")
    var empty = ListWriter(apiVersion: "v1", kind: "PodList", ListMeta())
    #expect(
      String(decoding: empty.finish(), as: UTF8.self)
        == #"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}"# + "\n")
    var partial = ListWriter(apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadataList", ListMeta(revision: 9))
    partial.appendMetadata(of: try object("a", 5))
    #expect(
      String(decoding: partial.finish(), as: UTF8.self)
        == #"{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"9"},"items":[{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","resourceVersion":"5"}}]}"#
        + "\n")
  }

  @Test("items leave out what the list says of them all")
  func itemsWithoutKinds() throws {
    var writer = ListWriter(apiVersion: "v1", kind: "PodList", itemKind: "Pod", ListMeta())
    for version in ["v1", "v2"] {
      writer.append(
        try StoredObject(
          bytes: Array(#"{"kind":"Pod","apiVersion":"\#(version)","metadata":{"name":"a"}}"#.utf8), revision: 5))
    }
    #expect(
      String(decoding: writer.finish(), as: UTF8.self)
        == #"{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a","resourceVersion":"5"}},{"kind":"Pod","apiVersion":"v2","metadata":{"name":"a","resourceVersion":"5"}}]}"#
        + "\n")
  }

  @Test("events are lines")
  func events() throws {
    let stored = try object("a", 5)
    let line = WatchEvent.line(type: "ADDED", capacity: stored.servedCount) { stored.appendServed(to: &$0) }
    #expect(
      String(decoding: line, as: UTF8.self)
        == #"{"type":"ADDED","object":{"kind":"Pod","metadata":{"name":"a","resourceVersion":"5"},"spec":{}}}"# + "\n")
  }

  @Test("continue tokens")
  func tokens() throws {
    let token = ContinueToken(revision: 42, start: "default/web-0\u{0}")
    #expect(token.description == "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NDIsInN0YXJ0IjoiZGVmYXVsdC93ZWItMFx1MDAwMCJ9")
    #expect(try ContinueToken(token.description) == token)
    let inconsistent = ContinueToken(revision: nil, start: "a")
    #expect(try ContinueToken(inconsistent.description) == inconsistent)
  }

  @Test(
    "a token that was made up is refused",
    arguments: [
      ("%%%", "invalid continue token: continue key is not valid: illegal base64 data"),
      ("e30", "invalid continue token: continue key is not valid: server does not recognize this encoded version "),
      (
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
        "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)"
      ),
      (
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0",
        "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)"
      ),
      (
        "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiIuLi94In0",
        "invalid continue token: continue key is not valid: ../x"
      ),
    ])
  func wrongTokens(text: String, message: String) {
    let error = #expect(throws: StatusError.self) { try ContinueToken(text) }
    #expect(error?.message == message)
    #expect(error?.code == 400)
  }

  @Test("any token is answered, and none climbs")
  func fuzz() {
    var generator = SeededGenerator(seed: 81)
    let seed = ContinueToken(revision: 42, start: "default/web-0\u{0}").description
    for _ in 0..<3_000 {
      guard let token = try? ContinueToken(generator.mutated(seed, alphabet: "abcXYZ019-_=")) else { continue }
      #expect(!token.start.contains(".."))
      #expect(token.revision != 0)
    }
  }
}
