import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct NormalizationTests {
  private func normalized(_ json: String, _ definition: String) throws -> JSONValue {
    var value = try object(json)
    builtin.normalize(&value, definition: definition)
    return value
  }

  @Test func zeroValuesThatSayNothingAreLeftOut() throws {
    let value = try normalized(
      #"{"metadata":{"name":"a","labels":{}},"spec":{"hostNetwork":false,"nodeName":"","containers":[{"name":"c","image":"i","env":[{"name":"A","value":""}],"args":[]}],"enableServiceLinks":false,"dnsConfig":null}}"#,
      "io.k8s.api.core.v1.Pod")
    #expect(
      value
        == [
          "metadata": ["name": "a"],
          "spec": [
            "containers": [["name": "c", "image": "i", "env": [["name": "A"]], "resources": [:]]],
            "enableServiceLinks": false,
          ], "status": [:],
        ])
  }

  @Test(arguments: [
    ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"), ("2026-01-02T03:04:05.999999Z", "2026-01-02T03:04:05Z"),
    ("2026-01-02T03:04:05.5+02:00", "2026-01-02T01:04:05Z"), ("2026-01-02T23:04:05-05:30", "2026-01-03T04:34:05Z"),
    ("2026-01-02T03:04:05+00:00", "2026-01-02T03:04:05Z"), ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"),
    ("no time at all, and Z", "no time at all, and Z"), ("", ""),
  ])
  func timesAreCanonical(text: String, canonical: String) throws {
    let pod = try normalized(
      #"{"status":{"startTime":"\#(text)","conditions":[{"lastTransitionTime":"\#(text)"}]}}"#, "io.k8s.api.core.v1.Pod"
    )
    #expect(pod["status"]?["startTime"] == .string(canonical))
    #expect(pod["status"]?.items("conditions").first?["lastTransitionTime"] == .string(canonical))
    let budget = try normalized(
      #"{"disruptedPods":{"p":"\#(text)"}}"#, "io.k8s.api.policy.v1.PodDisruptionBudgetStatus")
    #expect(budget["disruptedPods"] == ["p": .string(canonical)])
  }

  @Test(arguments: [
    ("2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05.678901Z"),
    ("2026-01-02T03:04:05.678901+02:00", "2026-01-02T01:04:05.678901Z"),
    ("2026-01-02T03:04:05.000000-00:30", "2026-01-02T03:34:05.000000Z"),
  ])
  func microTimesAreCanonical(text: String, canonical: String) throws {
    let lease = try normalized(#"{"spec":{"renewTime":"\#(text)"}}"#, "io.k8s.api.coordination.v1.Lease")
    #expect(lease["spec"]?["renewTime"] == .string(canonical))
  }

  @Test(arguments: [
    ("", ""), ("YWJj", "YWJj"), ("YWI=", "YWI="), ("YQ==", "YQ=="), ("YWJj\\n", "YWJj"),
    ("YW\\r\\nJjYQ=\\n=", "YWJjYQ=="),
    ("YWK=", "YWI="), ("Yf==", "YQ=="), ("not base64", "not base64"), ("?===", "?==="),
  ])
  func bytesAreCanonical(text: String, canonical: String) throws {
    let secret = try normalized(#"{"data":{"k":"\#(text)"}}"#, "io.k8s.api.core.v1.Secret")
    #expect(secret["data"] == ["k": .string(canonical)])
    guard !text.isEmpty else { return }
    let config = try normalized(
      #"{"caBundle":"\#(text)"}"#, "io.k8s.api.admissionregistration.v1.WebhookClientConfig")
    #expect(config["caBundle"] == .string(canonical))
  }

  @Test func nullsInListsAndMapsAreZeroValues() throws {
    var pod = try object(
      #"{"metadata":{"labels":{"a":null,"b":"c"},"finalizers":[null]},"spec":{"nodeName":null,"nodeSelector":null,"#
        + #""containers":[null,{"name":"c","args":[null,"x"],"resources":{"limits":{"cpu":null}},"env":[{"value":null}]}]}}"#
    )
    builtin.fillNulls(in: &pod, definition: "io.k8s.api.core.v1.Pod")
    let expected = try object(
      #"{"metadata":{"labels":{"a":"","b":"c"},"finalizers":[""]},"spec":{"nodeName":null,"nodeSelector":null,"#
        + #""containers":[{},{"name":"c","args":["","x"],"resources":{"limits":{"cpu":"0"}},"env":[{"value":null}]}]}}"#
    )
    #expect(pod == expected)
    var secret = try object(#"{"data":{"k":null},"stringData":{"l":null}}"#)
    builtin.fillNulls(in: &secret, definition: "io.k8s.api.core.v1.Secret")
    #expect(secret == ["data": ["k": ""], "stringData": ["l": ""]])
    var job = try object(#"{"values":[null,3],"operator":"In"}"#)
    builtin.fillNulls(in: &job, definition: "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement")
    #expect(job["values"] == [0, 3])
  }

  @Test func emptyPointersStay() throws {
    let value = try normalized(#"{"name":"v","emptyDir":{}}"#, "io.k8s.api.core.v1.Volume")
    #expect(value == ["name": "v", "emptyDir": [:]])
  }

  @Test func objectsThatAreAlwaysServedAreFilledIn() throws {
    let value = try normalized(#"{"metadata":{"name":"d"}}"#, "io.k8s.api.apps.v1.Deployment")
    #expect(value["spec"]?["strategy"] == [:] && value["status"] == [:])
    #expect(value["spec"]?["template"]?["metadata"] == [:] && value["spec"]?["template"]?["spec"] == [:])
    #expect(value["spec"]?["selector"] == nil)
  }

  @Test func requiredValuesThatAreZeroCountAsMissing() throws {
    let value = try normalized(#"{"name":"","image":"x"}"#, "io.k8s.api.core.v1.Container")
    #expect(value["name"] == nil)
  }

  @Test func writtenValuesAreThereWithTheirZero() throws {
    let value = try normalized(#"{"name":"c"}"#, "io.k8s.api.core.v1.ContainerStatus")
    #expect(value["ready"] == false && value["restartCount"] == 0 && value["imageID"] == "")
  }

  @Test(arguments: [
    ("1000m", "1"), ("0.5", "500m"), ("1024Mi", "1Gi"), ("100Ki", "100Ki"), ("1.5Gi", "1536Mi"), ("2000k", "2M"),
    ("0", "0"), ("1e3", "1e3"), ("12e6", "12e6"), ("100n", "1m"), ("0.0000000001", "1m"), ("1.0001", "1001m"),
    ("-1500m", "-1500m"),
    ("1Ki", "1Ki"), ("0.5Ki", "512"), ("5G", "5G"), ("+1", "1"), (".5", "500m"), ("5.", "5"),
    ("9223372036854775807", "9223372036854775807"),
  ])
  func quantitiesAreCanonical(text: String, canonical: String) throws {
    let value = try normalized(#"{"limits":{"x":"\#(text)"}}"#, "io.k8s.api.core.v1.ResourceRequirements")
    #expect(value["limits"]?["x"] == .string(canonical))
  }

  @Test func numbersBecomeQuantities() throws {
    let value = try normalized(#"{"limits":{"cpu":2,"x":0.25}}"#, "io.k8s.api.core.v1.ResourceRequirements")
    #expect(value["limits"] == ["cpu": "2", "x": "250m"])
  }

  @Test func everyFieldIsDescribed() throws {
    var missing: [String] = []
    for data in try KindDataTexts.read() {
      for type in data.types {
        if type.description.isEmpty { missing.append("\(data.package).\(type.name)") }
        missing += type.fields.filter(\.description.isEmpty).map { "\(data.package).\(type.name).\($0.name)" }
      }
    }
    #expect(missing == [])
  }

  @Test func descriptionsAreSentences() throws {
    for data in try KindDataTexts.read() {
      for type in data.types {
        for text in [type.description] + type.fields.map(\.description) {
          #expect(text.hasSuffix("."), "\(type.name): \(text)")
          #expect(text.utf8.count < 200, "\(type.name): \(text)")
        }
      }
    }
  }
}
