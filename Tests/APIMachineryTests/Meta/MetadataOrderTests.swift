import APIMachinery
import Testing

@Suite("The order of metadata")
struct MetadataOrderTests {
  private func names(_ metadata: JSONValue) -> [String] { MetadataOrder.ordered(metadata).objectValue?.keys ?? [] }

  @Test("members have their places, and what has none comes last as it stood")
  func places() {
    let labels: JSONValue = ["z": "1", "a": "2"]
    let given: JSONValue = ["managedFields": [], "x": 1, "labels": labels, "a": 2, "uid": "u", "name": "n"]
    #expect(names(given) == ["name", "uid", "labels", "managedFields", "x", "a"])
    #expect(MetadataOrder.ordered(given) == given)
    #expect(MetadataOrder.ordered(given)["labels"]?.objectValue?.keys == ["z", "a"])
  }

  @Test("what is in order stays, and what is no object")
  func unchanged() {
    #expect(names(["name": "n", "uid": "u", "x": 1]) == ["name", "uid", "x"])
    #expect(MetadataOrder.ordered("x") == "x")
    #expect(names([:]).isEmpty)
  }
}
