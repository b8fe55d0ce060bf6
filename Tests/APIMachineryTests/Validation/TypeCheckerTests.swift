import Testing

@testable import APIMachinery

@Suite("Types of built-in kinds")
struct TypeCheckerTests {
  @Test(
    "mismatches are told as Go's decoder tells them",
    arguments: [
      (#"{"spec": {"replicas": "3"}}"#, "string into Go struct field DeploymentSpec.spec.replicas of type int32"),
      (#"{"spec": {"replicas": 1.5}}"#, "number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32"),
      (
        #"{"spec": {"replicas": 3000000000}}"#,
        "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
      ),
      (#"{"spec": {"paused": "yes"}}"#, "string into Go struct field DeploymentSpec.spec.paused of type bool"),
      (#"{"spec": []}"#, "array into Go struct field Deployment.spec of type v1.DeploymentSpec"),
      (#"{"metadata": {"labels": {"a": 1}}}"#, "number into Go struct field ObjectMeta.metadata.labels of type string"),
      (
        #"{"metadata": {"labels": 1}}"#,
        "number into Go struct field ObjectMeta.metadata.labels of type map[string]string"
      ),
      (
        #"{"spec": {"template": {"spec": {"containers": [{"image": 5}]}}}}"#,
        "number into Go struct field Container.spec.template.spec.containers.image of type string"
      ),
      (
        #"{"spec": {"template": {"spec": {"containers": {"image": 5}}}}}"#,
        "object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"
      ),
      (#"[]"#, "array into Go value of type v1.Deployment"),
      (
        #"{"spec": {"strategy": {"rollingUpdate": {"maxSurge": true}}}}"#,
        "bool into Go struct field DeploymentStrategy.spec.strategy.rollingUpdate.maxSurge of type int32"
      ),
      (
        #"{"metadata": {"creationTimestamp": 5}}"#,
        "number into Go struct field ObjectMeta.metadata.creationTimestamp of type string"
      ),
      (#"{"kind": 1, "spec": {"replicas": "x"}}"#, "number into Go struct field Deployment.kind of type string"),
    ])
  func mismatch(text: String, message: String) throws {
    try expectMismatch(text, "json: cannot unmarshal " + message)
  }

  @Test(
    "values that read themselves have words of their own",
    arguments: [
      (
        #"{"spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "x"}}}]}}}}"#,
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
      ),
      (
        #"{"spec": {"template": {"spec": {"containers": [{"resources": {"limits": {"cpu": "1K"}}}]}}}}"#,
        "unable to parse quantity's suffix"
      ),
      (
        #"{"metadata": {"creationTimestamp": "soon"}}"#,
        #"parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006""#
      ),
      (
        #"{"metadata": {"creationTimestamp": "2024-13-01T00:00:00Z"}}"#,
        #"parsing time "2024-13-01T00:00:00Z": month out of range"#
      ),
      (
        #"{"metadata": {"creationTimestamp": "2024-01-01T00:00:00"}}"#,
        #"parsing time "2024-01-01T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#
      ),
      (
        #"{"metadata": {"creationTimestamp": "2023-02-29T00:00:00Z"}}"#,
        #"parsing time "2023-02-29T00:00:00Z": day out of range"#
      ),
      (
        #"{"kind": 1, "metadata": {"creationTimestamp": "2024-01-01T00:00:00Zx"}}"#,
        #"parsing time "2024-01-01T00:00:00Zx": extra text: "x""#
      ),
    ])
  func readers(text: String, message: String) throws { try expectMismatch(text, message) }

  @Test(
    "names that do not follow from a node are noted with it",
    arguments: [
      (#"{"mode": 5}"#, "number into Go struct field Outer.mode of type v1.Mode"),
      (#"{"modes": 5}"#, "number into Go struct field Outer.modes of type []v1.Mode"),
      (#"{"modes": ["a", 5]}"#, "number into Go struct field Outer.modes of type v1.Mode"),
      (#"{"inner": 5}"#, "number into Go struct field Outer.Base.Core.inner of type v1.Inner"),
      (#"{"inner": {"size": "x"}}"#, "string into Go struct field Inner.Base.Core.inner.size of type int32"),
      // What is embedded is named on the way to its own members only.
      (#"{"inner": {"size": 1}, "mode": []}"#, "array into Go struct field Outer.mode of type v1.Mode"),
    ])
  func notes(text: String, message: String) throws {
    let mode = Schema(.string, notes: SchemaNotes(typeName: "v1.Mode"))
    let inner = Schema(.object, properties: [SchemaProperty("size", Schema(.integer, format: "int32"))])
    let outer = Schema(
      .object,
      properties: [
        SchemaProperty("mode", mode), SchemaProperty("modes", Schema(.array, items: mode)),
        SchemaProperty(
          "inner", Schema(reference: SchemaReference("a.v1.Inner"), notes: SchemaNotes(embeddedIn: "Base.Core"))),
      ])
    let registry = try SchemaRegistry(["a.v1.Inner": inner, "a.v1.Outer": outer])
    let value = try parse(text)
    let schema = try #require(registry["a.v1.Outer"])
    let error = #expect(throws: TypeMismatch.self) {
      try TypeChecker.check(value, by: schema, definitionName: "a.v1.Outer")
    }
    #expect(error?.message == "json: cannot unmarshal " + message)
  }

  @Test(
    "what a strategic merge patch has made is told as the converter tells it",
    arguments: [
      (#"{"metadata": {"labels": "invalid"}}"#, "cannot restore map from string"),
      (#"{"metadata": {"labels": {"a": 1}}}"#, "cannot convert int64 to string"),
      (#"{"metadata": {"labels": {"a": true}}}"#, "unrecognized type: string"),
      (#"{"spec": []}"#, "cannot restore struct from: slice"),
      (#"{"spec": {"replicas": "3"}}"#, "unrecognized type: int32"),
      (#"{"spec": {"replicas": 1.5}}"#, "cannot convert float64 to int32"),
      (#"{"spec": {"paused": 1}}"#, "unrecognized type: bool"),
      (#"{"spec": {"template": {"spec": {"containers": {"image": 5}}}}}"#, "cannot restore slice from map"),
      (
        #"{"spec": {"strategy": {"rollingUpdate": {"maxSurge": true}}}}"#,
        "json: cannot unmarshal bool into Go value of type int32"
      ),
    ])
  func conversions(text: String, message: String) throws { try expectMismatch(text, message, words: .converter) }

  private func expectMismatch(
    _ text: String, _ message: String, words: TypeChecker.Words = .decoder
  ) throws {
    let value = try parse(text)
    let schema = try SampleDefinitions.deployment()
    let error = #expect(throws: TypeMismatch.self) {
      try TypeChecker.check(value, by: schema, definitionName: "io.k8s.api.apps.v1.Deployment", words: words)
    }
    #expect(error?.message == message)
  }

  @Test("what fits passes, nulls everywhere among it")
  func fits() throws {
    let value = try parse(
      #"""
      {"apiVersion": "apps/v1", "kind": "Deployment",
       "metadata": {"name": "a", "creationTimestamp": "2024-02-29T23:59:59.5+02:00", "labels": null, "extra": [1]},
       "spec": {"replicas": 3, "paused": null, "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}},
         "template": {"spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "100m", "memory": 1,
           "x": ".5e3", "y": "-2Gi"}}}, null]}}}}
      """#)
    try TypeChecker.check(value, by: SampleDefinitions.deployment(), definitionName: "io.k8s.api.apps.v1.Deployment")
  }

  @Test(
    "the converter makes numbers of 32 bits of whole ones",
    arguments: [("3.0", 3), ("3000000000", -1_294_967_296), ("4294967297.0", 1)] as [(String, Int64)])
  func wrapping(text: String, expected: Int64) throws {
    let schema = try SampleDefinitions.deployment()
    var value = try parse(#"{"spec": {"replicas": \#(text)}}"#)
    let definition = "io.k8s.api.apps.v1.Deployment"
    let wraps = try TypeChecker.check(value, by: schema, definitionName: definition, words: .converter)
    #expect(wraps)
    IntegerWrapping.apply(to: &value, by: schema)
    #expect(value["spec"]?["replicas"] == .integer(expected))
  }

  @Test(
    "bytes may be a list of numbers",
    arguments: [
      ("[]", nil), ("[104, null]", nil), ("[256]", "json: cannot unmarshal number 256 into Go value of type uint8"),
      (#"["a"]"#, "json: cannot unmarshal string into Go value of type uint8"),
    ] as [(String, String?)])
  func bytes(text: String, message: String?) throws {
    let schema = Schema(.string, format: "byte")
    let value = try parse(text)
    do {
      try TypeChecker.check(value, by: schema, definitionName: "")
      #expect(message == nil)
    } catch { #expect(error.message == message) }
  }

  @Test(
    "bytes",
    arguments: [
      ("", nil), ("YQ==", nil), ("YWI=", nil), ("YW\nJj", nil), ("YQ", 0), ("Y", 0), ("YQ=", 3), ("====", 0),
      ("YWJj*", 4), ("YQ==YQ==", 4), ("YQ==\n", nil), ("YWJjYQ", 4),
    ] as [(String, Int?)])
  func base64(text: String, place: Int?) { #expect(Base64.invalidByte(text) == place) }

  @Test(
    "durations",
    arguments: [
      ("1h15m30.918s", nil), ("0", nil), ("-.5s", nil), ("", #"time: invalid duration """#),
      ("5", #"time: missing unit in duration "5""#), ("5x", #"time: unknown unit "x" in duration "5x""#),
      ("s", #"time: invalid duration "s""#),
    ] as [(String, String?)])
  func durations(text: String, problem: String?) { #expect(GoDuration.problem(text) == problem) }
}
