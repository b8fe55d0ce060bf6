import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct ProtobufDecoderTests {
  // MARK: writing what a client would send

  private func varint(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    repeat {
      bytes.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
      rest >>= 7
    } while rest > 0
    return bytes
  }

  private func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }
  private func field(_ number: UInt64, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
  private func field(_ number: UInt64, _ value: Int) -> [UInt8] {
    varint(number << 3) + varint(UInt64(bitPattern: Int64(value)))
  }

  private func envelope(_ apiVersion: String, _ kind: String, _ object: [UInt8]) -> [UInt8] {
    ProtobufDecoder.magic + field(1, field(1, apiVersion) + field(2, kind)) + field(2, object)
  }

  private func decode(_ bytes: [UInt8], _ definition: String) throws -> JSONObject {
    let decoder = ProtobufDecoder(bytes)
    return try decoder.object(try decoder.envelope(), definitionName: definition)
  }

  @Test func aConfigMap() throws {
    let metadata =
      field(1, "one") + field(2, "") + field(3, "ns") + field(7, 0) + field(8, [])
      + field(11, field(1, "k") + field(2, "v"))
    let bytes = envelope(
      "v1", "ConfigMap",
      field(1, metadata) + field(2, field(1, "a") + field(2, "b")) + field(3, field(1, "x") + field(2, [0, 255])))
    #expect(
      try decode(bytes, "io.k8s.api.core.v1.ConfigMap") == [
        "kind": "ConfigMap", "apiVersion": "v1", "data": ["a": "b"], "binaryData": ["x": "AP8="],
        "metadata": ["name": "one", "namespace": "ns", "labels": ["k": "v"]],
      ])
  }

  /// Fields of an embedded struct stand in the object itself; zero that was set is kept.
  @Test func aDeploymentWithAVolume() throws {
    let volume = field(1, "v") + field(2, field(19, field(1, field(1, "cm"))))
    let port = field(3, 80) + field(1, "http")
    let container =
      field(1, "c") + field(2, "image") + field(6, port)
      + field(8, field(2, field(1, "cpu") + field(2, field(1, "100m"))))
    let template = field(1, field(11, field(1, "a") + field(2, "b"))) + field(2, field(1, volume) + field(2, container))
    let bytes = envelope(
      "apps/v1", "Deployment", field(1, field(1, "web")) + field(2, field(1, 0) + field(3, template)))
    let object = try decode(bytes, "io.k8s.api.apps.v1.Deployment")
    #expect(object["spec"]?["replicas"] == 0)
    let pod = try #require(object["spec"]?["template"]?["spec"])
    #expect(pod["volumes"] == [["name": "v", "configMap": ["name": "cm"]]])
    #expect(pod["containers"]?.arrayValue?.first?["ports"] == [["name": "http", "containerPort": 80]])
    #expect(pod["containers"]?.arrayValue?.first?["resources"] == ["requests": ["cpu": "100m"]])
  }

  @Test func specialTypes() throws {
    let probe = field(1, field(2, field(2, field(1, 1) + field(3, "named"))))
    let container = field(1, "c") + field(10, probe)
    let metadata = field(1, "p") + field(8, field(1, 1_800_000_000))
    let pod = try decode(
      envelope("v1", "Pod", field(1, metadata) + field(2, field(2, container))), "io.k8s.api.core.v1.Pod")
    #expect(pod["metadata"]?["creationTimestamp"] == "2027-01-15T08:00:00Z")
    let get = pod["spec"]?["containers"]?.arrayValue?.first?["livenessProbe"]?["httpGet"]
    #expect(get?["port"] == "named")
  }

  @Test func brokenOnes() throws {
    let good = envelope("v1", "ConfigMap", field(1, field(1, "one")) + field(2, field(1, "a") + field(2, "b")))
    for count in 0..<good.count {
      // Cut anywhere: an error, or an object with less in it; never a crash.
      _ = try? decode(Array(good[..<count]), "io.k8s.api.core.v1.ConfigMap")
    }
    #expect(throws: ProtobufError.self) { try ProtobufDecoder([1, 2, 3]).envelope() }
    #expect(throws: ProtobufError.self) {
      try decode(envelope("v1", "ConfigMap", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]), "io.k8s.api.core.v1.ConfigMap")
    }
    #expect(throws: ProtobufError.self) { try decode(good, "no.such.Kind") }
    let notText = envelope("v1", "ConfigMap", field(1, field(1, [0xFF, 0xFE])))
    #expect(throws: ProtobufError.self) { try decode(notText, "io.k8s.api.core.v1.ConfigMap") }
  }

  @Test func randomBytes() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      let body = (0..<Int.random(in: 0...60, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator)
      }
      _ = try? decode(envelope("v1", "Pod", body), "io.k8s.api.core.v1.Pod")
    }
  }

  /// A schema that holds itself many times over ends in an error and not in a crash.
  @Test func deepNesting() {
    var schema = field(4, "x")
    for _ in 0..<5_000 { schema = field(28, schema) }
    let version = field(1, "v1") + field(4, field(1, schema))
    let bytes = envelope(
      "apiextensions.k8s.io/v1", "CustomResourceDefinition", field(2, field(7, version)))
    #expect(throws: ProtobufError.self) {
      try decode(
        bytes, "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition")
    }
  }

  /// Every built-in kind that can be stored can be sent in this form.
  @Test func everyKindIsKnown() throws {
    for resource in try BuiltinKinds.load().resources {
      for version in resource.versions where !ProtobufMessages.builtin.has(version.definitionName) {
        Issue.record("\(version.definitionName) has no layout")
      }
    }
  }
}
