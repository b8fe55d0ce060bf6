import Testing

@testable import APIMachinery

@Suite("Schemas in JSON")
struct SchemaReaderTests {
  @Test("what is read is written again")
  func roundTrip() throws {
    let text = try parse(
      #"""
      {"description": "A timetable.", "type": "object", "required": ["spec"], "properties": {
        "spec": {"type": "object", "nullable": true, "default": {"replicas": 1}, "properties": {
          "replicas": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 10, "exclusiveMaximum": true,
            "multipleOf": 0.5, "enum": [1, 2]},
          "cronSpec": {"type": "string", "pattern": "^a$", "minLength": 1, "maxLength": 9, "title": "Cron",
            "example": null, "externalDocs": {"url": "https://example.com"}},
          "port": {"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]},
          "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 3,
            "minProperties": 1, "x-kubernetes-map-type": "atomic"},
          "anything": {"x-kubernetes-preserve-unknown-fields": true},
          "embedded": {"type": "object", "x-kubernetes-embedded-resource": true,
            "x-kubernetes-preserve-unknown-fields": true},
          "open": {"type": "object", "additionalProperties": true},
          "list": {"type": "array", "maxItems": 4, "minItems": 1, "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["a", "b"],
            "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}}}},
          "oneOf": [{"required": ["port"]}, {"not": {"required": ["port"]}}],
          "x-kubernetes-validations": [{"rule": "self.replicas < 9", "message": "too many",
            "messageExpression": "'x'", "reason": "FieldValueForbidden", "fieldPath": ".replicas",
            "optionalOldSelf": true}]}}}
      """#)
    let schema = try SchemaReader(.customResource).schema(text)
    #expect(SchemaWriter(.customResource).value(schema) == text)
    #expect(schema.properties["spec"]?.properties["port"]?.type == .intOrString)
    #expect(schema.properties.first?.isRequired == true)
  }

  @Test(
    "malformed and unsupported words are told",
    arguments: [
      (#"{"type": 1}"#, "type must be a string"), (#"{"type": "null"}"#, "type is an unknown type: null"),
      (#"{"properties": {"a": []}}"#, "properties[a] must be an object"), (#"[]"#, "the schema must be an object"),
      (#"{"properties": {"a": {"maxLength": "x"}}}"#, "properties[a].maxLength must be a whole number"),
      (#"{"$ref": "x"}"#, "OpenAPIV3Schema '$ref' is not supported"),
      (#"{"allOf": [{"patternProperties": {}}]}"#, "OpenAPIV3Schema 'patternProperties' is not supported"),
      (#"{"x-kubernetes-list-type": "bag"}"#, "x-kubernetes-list-type has an unknown value: bag"),
    ])
  func malformed(text: String, message: String) throws {
    let value = try parse(text)
    let error = #expect(throws: SchemaError.self) { try SchemaReader(.customResource).schema(value) }
    #expect(error?.message == message)
  }

  @Test("deep nesting is refused rather than followed")
  func depth() throws {
    let deep = String(repeating: #"{"not":"#, count: 600) + "{}" + String(repeating: "}", count: 600)
    let value = try parse(deep)
    let error = #expect(throws: SchemaError.self) { try SchemaReader(.customResource).schema(value) }
    #expect(error?.message.hasSuffix("nests too deeply") == true)
  }

  @Test("definitions refer to each other, in circles too")
  func references() throws {
    let registry = try SampleDefinitions.registry()
    let deployment = try #require(registry["io.k8s.api.apps.v1.Deployment"])
    let strategy = deployment.properties["spec"]?.resolved.properties["strategy"]
    #expect(strategy?.reference?.name == "io.k8s.api.apps.v1.DeploymentStrategy")
    #expect(strategy?.patchStrategy == .retainKeys)
    #expect(strategy?.resolved.properties["type"]?.type == .string)

    let circle = try SchemaReader(.document).schema(
      parse(##"{"type": "object", "properties": {"not": {"$ref": "#/definitions/Props"}}}"##))
    let circular = try SchemaRegistry(["Props": circle])
    let inner = try #require(circular["Props"]?.properties["not"]?.resolved.properties["not"]?.resolved)
    #expect(inner === circle)
    #expect(throws: SchemaError.self) { try SchemaRegistry(["A": Schema(reference: SchemaReference("B"))]) }
    #expect(throws: SchemaError.self) {
      try SchemaRegistry(["Props": Schema(.object), "Other": circle])
    }
    let reference = try #require(registry.reference(to: "io.k8s.api.core.v1.Pod"))
    #expect(reference.resolved === registry["io.k8s.api.core.v1.Pod"])
  }

  @Test("documents of both versions")
  func documents() throws {
    let registry = try SampleDefinitions.registry()
    let quantity = try #require(registry["io.k8s.apimachinery.pkg.api.resource.Quantity"])
    #expect(quantity.type == .quantity)
    #expect(try SchemaWriter(.version2).value(quantity) == parse(#"{"type": "string"}"#))
    #expect(
      try SchemaWriter(.version3).value(quantity) == parse(#"{"oneOf": [{"type": "string"}, {"type": "number"}]}"#))
    let port = try #require(registry["io.k8s.apimachinery.pkg.util.intstr.IntOrString"])
    #expect(try SchemaWriter(.version2).value(port) == parse(#"{"type": "string", "format": "int-or-string"}"#))
    let field = Schema(reference: SchemaReference("a.B"), description: "Text.", default: [:])
    #expect(
      try SchemaWriter(.version3).value(field)
        == parse(##"{"description": "Text.", "default": {}, "allOf": [{"$ref": "#/components/schemas/a.B"}]}"##))
    #expect(
      try SchemaWriter(.version2).value(field)
        == parse(##"{"description": "Text.", "$ref": "#/definitions/a.B"}"##))
  }

  @Test("any JSON is a schema or an error")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 11)
    let words = [
      "type", "properties", "items", "additionalProperties", "required", "enum", "allOf", "not", "default", "nullable",
      "maximum", "maxItems", "pattern", "x-kubernetes-list-type", "x-kubernetes-validations", "x-kubernetes-unions",
      "format", "$ref", "rule", "object", "array", "a",
    ]
    for _ in 0..<3000 {
      let value = JSONValue.random(words: words, depth: 4, using: &generator)
      for dialect in [SchemaReader.Dialect.customResource, .document] {
        guard let schema = try? SchemaReader(dialect).schema(value) else { continue }
        let written = SchemaWriter(.customResource).value(schema)
        if dialect == .customResource {
          #expect(try SchemaWriter(.customResource).value(SchemaReader(dialect).schema(written)) == written)
        }
      }
    }
  }
}
