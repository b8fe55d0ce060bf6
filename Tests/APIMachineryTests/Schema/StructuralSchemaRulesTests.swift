import Testing

@testable import APIMachinery

@Suite("Rules of structural schemas")
struct StructuralSchemaRulesTests {
  private func messages(_ text: String, hasStatus: Bool = false) throws -> [String] {
    let rules = StructuralSchemaRules(hasStatusSubresource: hasStatus)
    return try rules.errors(in: parse(text), at: FieldPath("s")).map(\.description)
  }

  /// The schema of a property `x`, in a root that is fine.
  private func property(_ text: String) throws -> [String] {
    try messages(#"{"type": "object", "properties": {"x": "# + text + "}}").map {
      $0.hasPrefix("s.properties[x]") ? String($0.dropFirst("s.properties[x]".count)) : $0
    }
  }

  @Test(
    "what is fine",
    arguments: [
      #"{"type": "object"}"#, #"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#,
      #"""
      {"type": "object", "properties": {"metadata": {"type": "object", "properties": {"name": {"type": "string",
        "maxLength": 3}}}, "spec": {"type": "object", "default": {"a": "x"}, "properties": {"a": {"type": "string"}}}}}
      """#,
      #"""
      {"type": "object", "properties": {"p": {"x-kubernetes-int-or-string": true,
        "anyOf": [{"type": "integer"}, {"type": "string"}]}}}
      """#,
      #"""
      {"type": "object", "properties": {"p": {"x-kubernetes-int-or-string": true,
        "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"minimum": 1}]}}}
      """#,
      #"""
      {"type": "object", "properties": {"e": {"type": "object", "x-kubernetes-embedded-resource": true,
        "x-kubernetes-preserve-unknown-fields": true}}}
      """#,
      #"""
      {"type": "object", "properties": {"l": {"type": "array", "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["k"], "items": {"type": "object", "required": ["k"],
        "properties": {"k": {"type": "string"}}}}}}
      """#,
      #"""
      {"type": "object", "properties": {"a": {"type": "string"}}, "anyOf": [{"properties": {"a": {"minLength": 1}}}],
        "x-kubernetes-validations": [{"rule": "self.a == 'x'", "fieldPath": ".a"}]}
      """#,
    ])
  func fine(text: String) throws {
    #expect(try messages(text) == [])
    _ = try customSchema(text)
  }

  @Test(
    "the root",
    arguments: [
      ("{}", ["s.type: Required value: must not be empty at the root"]),
      (#"{"type": "string"}"#, [#"s.type: Invalid value: "string": must be object at the root"#]),
      (
        #"{"type": "object", "additionalProperties": true}"#,
        ["s.additionalProperties: Forbidden: must not be used at the root"]
      ),
      (#"{"type": "object", "nullable": true}"#, ["s.nullable: Forbidden: nullable cannot be true at the root"]),
      (
        #"{"type": "object", "properties": {"metadata": {"type": "object", "properties": {"labels": {"type": "object"}}}}}"#,
        [
          "s.properties[metadata]: Forbidden: must not specify anything other than name and generateName, "
            + "but metadata is implicitly specified"
        ]
      ),
      (
        #"{"type": "object", "properties": {"kind": {"type": "integer"}, "metadata": {"type": "string"}}}"#,
        [
          #"s.properties[kind].type: Invalid value: "integer": must be string"#,
          #"s.properties[metadata].type: Invalid value: "string": must be object"#,
        ]
      ),
      (
        #"{"type": "object", "properties": {"l": {"type": "array", "items": {"type": "string"}}}, "not": {"properties": {"b": {}}}}"#,
        ["s.properties[b]: Required value: because it is defined in s.not.properties[b]"]
      ),
      (
        #"{"type": "object", "properties": {"metadata": {"type": "object", "default": {}}}}"#,
        ["s.properties[metadata].default: Forbidden: must not be set in top-level metadata"]
      ),
    ])
  func root(text: String, expected: [String]) throws { #expect(try messages(text) == expected) }

  @Test("with a status subresource the root may hold less")
  func statusSubresource() throws {
    #expect(try messages(#"{"type": "object", "required": ["spec"]}"#, hasStatus: true) == [])
    #expect(
      try messages(#"{"type": "string"}"#, hasStatus: true).first
        == #"s.type: Invalid value: "string": only "object" is allowed as the type at the root of the schema if the status subresource is enabled"#
    )
    let errors = try messages(#"{"type": "object", "oneOf": [{"required": ["spec"]}]}"#, hasStatus: true)
    #expect(errors.count == 1)
    #expect(errors.first?.contains("only [Description Type Format") == true)
    #expect(
      errors.first?.hasSuffix(
        "XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled"
      ) == true)
  }

  @Test(
    "below the root",
    arguments: [
      ("{}", [".type: Required value: must not be empty for specified object fields"]),
      (#"{"type": "array"}"#, [".items: Required value: must be specified"]),
      (
        #"{"type": "array", "items": {}}"#,
        [".items.type: Required value: must not be empty for specified array items"]
      ),
      (
        #"{"type": "null"}"#,
        [
          #".type: Unsupported value: "null": supported values: "array", "boolean", "integer", "number", "object", "string""#,
          ".type: Forbidden: type cannot be set to null, use nullable as an alternative",
        ]
      ),
      (
        #"{"x-kubernetes-int-or-string": true, "x-kubernetes-preserve-unknown-fields": true}"#,
        [
          ".x-kubernetes-preserve-unknown-fields: Invalid value: true: must be false if x-kubernetes-int-or-string is true"
        ]
      ),
      (
        #"{"type": "string", "pattern": "("}"#,
        [
          #".pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): `(`"#
        ]
      ),
      (
        #"{"type": "object", "anyOf": [{"type": "string", "description": "d", "properties": {"b": {"minLength": 1}}}]}"#,
        [
          ".anyOf[0].description: Forbidden: must be empty to be structural",
          ".anyOf[0].type: Forbidden: must be empty to be structural",
        ]
      ),
      (
        #"{"type": "string", "not": {"default": "a", "nullable": true, "x-kubernetes-list-type": "set", "items": {}}}"#,
        [
          ".not.default: Forbidden: must be undefined to be structural",
          ".not.nullable: Forbidden: must be false to be structural",
          ".not.x-kubernetes-list-type: Forbidden: must be undefined to be structural",
          ".not.type: Required value: must be array if x-kubernetes-list-type is specified",
        ]
      ),
      (
        #"{"type": "array", "uniqueItems": true, "items": {"type": "string"}}"#,
        [".uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic"]
      ),
      (
        #"{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}}"#,
        [".additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"]
      ),
      (#"{"type": "string", "$ref": "x"}"#, [".$ref: Forbidden: $ref is not supported"]),
      (
        #"{"type": "array", "items": [{"type": "string"}]}"#,
        [".items: Forbidden: items must be a schema object and not an array"]
      ),
      (
        #"{"type": "object", "x-kubernetes-embedded-resource": true}"#,
        [
          ".properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
        ]
      ),
      (
        #"{"type": "string", "x-kubernetes-map-type": "loose"}"#,
        [
          #".type: Invalid value: "string": must be object if x-kubernetes-map-type is specified"#,
          #".x-kubernetes-map-type: Unsupported value: "loose": supported values: "atomic", "granular""#,
        ]
      ),
      (
        #"{"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "object"}}"#,
        [
          ".items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set"
        ]
      ),
      (
        #"""
        {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b", "a"],
          "items": {"type": "object", "properties": {"a": {"type": "object", "nullable": true}}}}
        """#,
        [
          #".items.properties[a].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map"#,
          #".x-kubernetes-list-map-keys: Invalid value: ["a","b","a"]: entries must all be names of item properties"#,
          #".items.properties[a].type: Invalid value: "object": must be a scalar type if parent array's x-kubernetes-list-type is map"#,
          #".x-kubernetes-list-map-keys: Invalid value: ["a","b","a"]: must not contain duplicate entries"#,
          ".items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
          ".items.properties[a].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
          ".items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
          ".items.properties[a].nullable: Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
        ]
      ),
      (
        #"{"type": "array", "x-kubernetes-list-map-keys": ["a"], "items": {"type": "string"}}"#,
        [".x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty"]
      ),
      (
        #"{"type": "string", "default": 5}"#,
        [
          #".default: Invalid value: "integer":  in body must be of type string: "integer""#
        ]
      ),
      (
        #"{"type": "object", "default": {"a": 1, "b": 2}, "properties": {"a": {"type": "integer"}}}"#,
        [#".default: Invalid value: {"a":1,"b":2}: must not have unknown fields"#]
      ),
      (
        #"""
        {"type": "string", "x-kubernetes-validations": [{"rule": " "}, {"rule": "a", "message": "x\ny"},
          {"rule": "a\nb"}, {"rule": "a", "message": " ", "messageExpression": " ", "reason": "Odd", "fieldPath": ".no"}]}
        """#,
        [
          ".x-kubernetes-validations[0].rule: Required value: rule is not specified",
          #".x-kubernetes-validations[1].message: Invalid value: "x\ny": must not contain line breaks"#,
          ".x-kubernetes-validations[2].message: Required value: message must be specified if rule contains line breaks",
          #".x-kubernetes-validations[3].message: Invalid value: " ": must be non-empty if specified"#,
          ".x-kubernetes-validations[3].messageExpression: Required value: messageExpression must be non-empty if specified",
          #".x-kubernetes-validations[3].reason: Unsupported value: "Odd": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired""#,
          #".x-kubernetes-validations[3].fieldPath: Invalid value: ".no": must be a valid path"#,
        ]
      ),
    ])
  func below(text: String, expected: [String]) throws { #expect(try property(text) == expected) }

  @Test(
    "paths to fields",
    arguments: [
      (".spec.a", "spec.a"), (".spec['a']", "spec.a"), (".spec.map.key", "spec.map[key]"),
      (#"['spec'].map['it\'s']"#, "spec.map[it's]"), (".spec.nope", nil), ("spec", nil), (".spec.list[0]", nil),
      (".spec.list.a", nil), (".spec['a", nil), (".", nil), (#"['\q']"#, nil),
    ] as [(String, String?)])
  func fieldPaths(text: String, expected: String?) throws {
    let schema = try customSchema(
      #"""
      {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "list": {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}}
      """#)
    #expect((try? SchemaFieldPath(text).resolve(in: schema).path.description) == expected)
  }

  @Test("whatever is written is judged, and what passes can be read")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 29)
    let words = [
      "type", "object", "properties", "items", "array", "a", "string", "anyOf", "additionalProperties", "default",
      "x-kubernetes-list-type", "map", "x-kubernetes-list-map-keys", "required", "x-kubernetes-validations", "rule",
      "fieldPath", "metadata", "x-kubernetes-embedded-resource", "pattern", "enum",
    ]
    for _ in 0..<4000 {
      var object = JSONValue.random(words: words, depth: 5, using: &generator).objectValue ?? [:]
      if Bool.random(using: &generator) { object["type"] = "object" }
      let errors = StructuralSchemaRules().errors(in: .object(object), at: FieldPath("s"))
      if errors.isEmpty, let schema = try? SchemaReader(.customResource).schema(.object(object)) {
        #expect(schema.type == .object)
      }
    }
  }
}
