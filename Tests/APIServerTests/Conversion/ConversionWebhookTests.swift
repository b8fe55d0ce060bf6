import APIMachinery
import Testing

@testable import APIServer

@Suite struct ConversionWebhookTests {
  private static let version = GroupVersion(group: "g", version: "v2")
  private static let original: JSONObject = [
    "kind": "Place", "apiVersion": "g/v1",
    "metadata": [
      "name": "one", "namespace": "n", "uid": "u", "resourceVersion": "7", "finalizers": ["a/b"],
      "labels": ["old": "1"],
    ],
    "host": "h:80",
  ]

  private func converted(_ change: (inout JSONObject) -> Void = { _ in }) -> JSONValue {
    var object = Self.original
    object["apiVersion"] = "g/v2"
    change(&object)
    return .object(object)
  }

  private func answer(_ response: JSONValue, kind: String = "ConversionReview", version: String = "v1") -> [UInt8] {
    let value: JSONValue = [
      "kind": .string(kind), "apiVersion": .string("apiextensions.k8s.io/\(version)"), "response": response,
    ]
    return value.jsonBytes()
  }

  /// Labels and annotations are the webhook's to change, nothing else of the metadata is.
  @Test func metadata() throws {
    let value = converted { object in
      object["metadata"] = [
        "name": "one", "namespace": "n", "uid": "u", "resourceVersion": "9", "labels": ["new": "2"],
        "annotations": ["a": "b"], "finalizers": [],
      ]
      object["host"] = "h"
      object["port"] = 80
    }
    let object = try ConversionWebhook.checked(value, Self.original, Self.version)
    #expect(object["host"] == "h" && object["port"] == 80)
    #expect(
      object["metadata"] == [
        "name": "one", "namespace": "n", "uid": "u", "resourceVersion": "7", "finalizers": ["a/b"],
        "labels": ["new": "2"], "annotations": ["a": "b"],
      ])
    let bare = converted { $0["metadata"] = ["name": "one", "namespace": "n", "uid": "u"] }
    #expect(try ConversionWebhook.checked(bare, Self.original, Self.version)["metadata"]?["labels"] == nil)
  }

  @Test(arguments: [
    (#"{"apiVersion":"g/v3"}"#, "invalid object at index 0: invalid groupVersion (expected g/v2, received g/v3)"),
    (#"{"kind":"Other"}"#, "invalid object at index 0: invalid kind (expected Place, received Other)"),
    (#"{"metadata":{"name":"two","namespace":"n","uid":"u"}}"#, "invalid object: must have the same name: one != two"),
    (#"{"metadata":{"name":"one","namespace":"m","uid":"u"}}"#, "must have the same namespace: n != m"),
    (#"{"metadata":{"name":"one","namespace":"n"}}"#, "must have the same UID: u != "),
    (
      #"{"metadata":{"name":"one","namespace":"n","uid":"u","labels":[1]}}"#,
      "invalid metadata: invalid metadata.labels of type []interface {} in converted object"
    ),
    (
      #"{"metadata":{"name":"one","namespace":"n","uid":"u","annotations":{"a":1}}}"#,
      "metadata.annotations[a] must be a string, but is int64 in converted object"
    ),
    (#"{"metadata":{"name":"one","namespace":"n","uid":"u","labels":{"a b":"c"}}}"#, "metadata.labels: Invalid value"),
  ])
  func objectsThatAreOthers(members: String, words: String) throws {
    let members = try #require(try JSONValue(json: Array(members.utf8)).objectValue)
    let value = converted { object in for (name, value) in members { object[name] = value } }
    let error = #expect(throws: ConversionWebhook.Malformed.self) {
      try ConversionWebhook.checked(value, Self.original, Self.version)
    }
    #expect(error?.alone.contains(words) == true, "\(error?.alone ?? "")")
    let why = words.drop { $0 != ":" }
    #expect(error?.inList(at: 7).contains("object at index 7\(why)") == true || !words.hasPrefix("invalid"))
  }

  @Test func answers() throws {
    let good: JSONValue = ["uid": "1", "result": ["status": "Success"], "convertedObjects": [converted()]]
    #expect(try ConversionWebhook.converted(answer(good), "1", "v1").count == 1)
    // The older version need not say what it answers.
    #expect(try ConversionWebhook.converted(answer(good, version: "v1beta1"), "2", "v1beta1").count == 1)
    let other = #expect(throws: ConversionWebhook.Malformed.self) {
      try ConversionWebhook.converted(answer(good, kind: "X"), "1", "v1")
    }
    #expect(other?.message.hasPrefix(#"no kind "X" is registered for version "apiextensions.k8s.io/v1""#) == true)
    let bad: [(JSONValue, String)] = [
      (["uid": "2", "result": ["status": "Success"]], "expected response.uid=\"1\", got \"2\""),
      (["uid": "1", "result": ["status": "Failed"]], "response.result.status was 'Failed', not 'Success'"),
      (["uid": "1", "result": ["status": "Failed", "message": "why"]], "why"), (.null, "no response provided"),
    ]
    for (response, words) in bad {
      let error = #expect(throws: ConversionWebhook.Malformed.self) {
        try ConversionWebhook.converted(answer(response), "1", "v1")
      }
      #expect(error?.message == words)
    }
  }

  /// Whatever comes: objects that are the old ones by their names, or an error.
  @Test func noise() {
    let good = answer(["uid": "1", "result": ["status": "Success"], "convertedObjects": [converted()]])
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<5000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: .min ... .max, using: &generator)
      }
      guard let values = try? ConversionWebhook.converted(bytes, "1", "v1") else { continue }
      for value in values {
        guard let object = try? ConversionWebhook.checked(value, Self.original, Self.version) else { continue }
        #expect(object.objectName == "one" && object["metadata"]?["resourceVersion"] == "7")
      }
    }
  }
}
