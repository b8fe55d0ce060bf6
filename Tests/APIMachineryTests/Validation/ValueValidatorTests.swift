import Testing

@testable import APIMachinery

@Suite("Values of custom kinds")
struct ValueValidatorTests {
  @Test(
    "what is wrong is told in Kubernetes' words",
    arguments: [
      (
        #"{"type": "integer", "maximum": 10}"#, "11",
        #"spec.x: Invalid value: 11: spec.x in body should be less than or equal to 10"#
      ),
      (
        #"{"type": "integer", "minimum": 1, "exclusiveMinimum": true}"#, "1",
        #"spec.x: Invalid value: 1: spec.x in body should be greater than 1"#
      ),
      (
        #"{"type": "number", "maximum": 1.5, "exclusiveMaximum": true}"#, "1.5",
        #"spec.x: Invalid value: 1.5: spec.x in body should be less than 1.5"#
      ),
      (
        #"{"type": "integer", "minimum": 5}"#, "1",
        #"spec.x: Invalid value: 1: spec.x in body should be greater than or equal to 5"#
      ),
      (
        #"{"type": "integer", "multipleOf": 3}"#, "4",
        #"spec.x: Invalid value: 4: spec.x in body should be a multiple of 3"#
      ),
      (
        #"{"type": "number", "multipleOf": 0.5}"#, "1.2",
        #"spec.x: Invalid value: 1.2: spec.x in body should be a multiple of 0.5"#
      ),
      (
        #"{"type": "integer"}"#, #""a""#,
        #"spec.x: Invalid value: "string": spec.x in body must be of type integer: "string""#
      ),
      (
        #"{"type": "integer"}"#, "1.5",
        #"""
        spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"
        <nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x
        """#
      ),
      (
        #"{"type": "integer", "format": "int32"}"#, "3000000000",
        #"<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x"#
      ),
      (
        #"{"type": "string"}"#, "null",
        #"spec.x: Invalid value: "null": spec.x in body must be of type string: "null""#
      ),
      (
        #"{"type": "string"}"#, "[]",
        #"spec.x: Invalid value: "array": spec.x in body must be of type string: "array""#
      ),
      (
        #"{"x-kubernetes-int-or-string": true}"#, "true",
        #"spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean""#
      ),
      (#"{"type": "string", "maxLength": 3}"#, #""abcd""#, #"spec.x: Too long: may not be more than 3 bytes"#),
      (
        #"{"type": "string", "minLength": 3}"#, #""ab""#,
        #"spec.x: Invalid value: "ab": spec.x in body should be at least 3 chars long"#
      ),
      (
        #"{"type": "string", "pattern": "^a+$"}"#, #""b""#,
        #"spec.x: Invalid value: "b": spec.x in body should match '^a+$'"#
      ),
      (
        #"{"type": "string", "enum": ["a", "b"]}"#, #""c""#,
        #"spec.x: Unsupported value: "c": supported values: "a", "b""#
      ),
      (
        #"{"type": "integer", "enum": [1, 2]}"#, "3", #"spec.x: Unsupported value: 3: supported values: "1", "2""#
      ),
      (
        #"{"type": "string", "format": "ipv4"}"#, #""1.2.3""#,
        #"spec.x: Invalid value: "1.2.3": spec.x in body must be of type ipv4: "1.2.3""#
      ),
      (
        #"{"type": "string", "format": "date-time"}"#, "true",
        #"spec.x: Invalid value: "": spec.x in body must be of type date-time: """#
      ),
      (
        #"{"type": "array", "items": {"type": "string"}, "maxItems": 1}"#, #"["a", "b"]"#,
        "spec.x: Too many: 2: must have at most 1 item"
      ),
      (
        #"{"type": "array", "items": {"type": "string"}, "minItems": 1}"#, "[]",
        #"spec.x: Invalid value: 0: spec.x in body should have at least 1 items"#
      ),
      (
        #"{"type": "array", "items": {"type": "string"}}"#, #"["a", 1]"#,
        #"spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer""#
      ),
      (
        #"{"type": "array", "uniqueItems": true, "items": {"type": "string"}}"#, #"["a", "a"]"#,
        #"spec.x: Invalid value: "": spec.x in body shouldn't contain duplicates"#
      ),
      (
        #"{"type": "object", "minProperties": 2, "additionalProperties": {"type": "string"}}"#, #"{"a": 1}"#,
        #"""
        spec.x: Invalid value: 1: spec.x in body should have at least 2 properties
        spec.x.a: Invalid value: "integer": spec.x.a in body must be of type string: "integer"
        """#
      ),
      (
        #"{"type": "object", "maxProperties": 1, "additionalProperties": true}"#, #"{"a": 1, "b": 1}"#,
        "spec.x: Too many: 2: must have at most 1 item"
      ),
      (
        #"{"type": "object", "additionalProperties": false}"#, #"{"a": 1}"#,
        #"spec.x: Invalid value: "a": spec.x.a in body is a forbidden property"#
      ),
      (
        #"{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}}}"#, "{}",
        "spec.x.a: Required value\nspec.x.b: Required value"
      ),
      (
        #"{"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 1}]}"#, "3",
        #"""
        <nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)
        spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5
        """#
      ),
      (
        #"{"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}],"#
          + #" "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}"#,
        #"{"a": "", "b": ""}"#,
        #"""
        <nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives
        """#
      ),
      (
        #"{"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}"#, "{}",
        #"""
        <nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid
        spec.x.a: Required value
        """#
      ),
      (
        #"{"type": "integer", "allOf": [{"minimum": 5}, {"maximum": 1}]}"#, "3",
        #"""
        spec.x: Invalid value: 3: spec.x in body should be greater than or equal to 5
        spec.x: Invalid value: 3: spec.x in body should be less than or equal to 1
        <nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated
        """#
      ),
      (
        #"{"type": "integer", "not": {"minimum": 5}}"#, "7",
        #"<nil>: Invalid value: "": "spec.x" must not validate the schema (not)"#
      ),
    ])
  func messages(schema: String, value: String, expected: String) throws {
    let root = try customSchema(
      #"{"type": "object", "properties": {"spec": {"type": "object", "properties": {"x": "# + schema + "}}}}")
    let errors = try ValueValidator.errors(in: parse(#"{"spec": {"x": "# + value + "}}"), by: root)
    #expect(errors.map(\.description).joined(separator: "\n") == expected)
  }

  @Test(
    "what fits passes",
    arguments: [
      (#"{"type": "integer", "maximum": 10}"#, "10"), (#"{"type": "integer"}"#, "3.0"),
      (#"{"type": "number"}"#, "3"), (#"{"type": "string", "nullable": true}"#, "null"),
      (#"{"x-kubernetes-int-or-string": true}"#, #""80%""#), (#"{"x-kubernetes-int-or-string": true}"#, "80"),
      (#"{"type": "number", "multipleOf": 0.1}"#, "0.3"), (#"{"type": "number", "enum": [1]}"#, "1.0"),
      (#"{"type": "string", "maxLength": 2}"#, #""日本""#), (#"{"type": "string", "format": "unheard-of"}"#, #""x""#),
      (#"{"type": "string", "format": "int32"}"#, #""x""#),
      (#"{"x-kubernetes-preserve-unknown-fields": true}"#, "[1, {}]"),
      (#"{"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 1}]}"#, "5"),
      (#"{"type": "object", "additionalProperties": {"type": "string", "nullable": true}}"#, #"{"a": null}"#),
    ])
  func fits(schema: String, value: String) throws {
    #expect(try ValueValidator.errors(in: parse(value), by: customSchema(schema)).isEmpty)
  }

  @Test(
    "formats of strings",
    arguments: [
      ("ipv4", "1.2.3.4", true), ("ipv4", "01.2.3.4", true), ("ipv4", "1.2.3.256", false), ("ipv4", "::1", false),
      ("ipv6", "::1", true), ("ipv6", "1::2:3", true), ("ipv6", "1:2:3:4:5:6:7:8", true), ("ipv6", "1:2:3", false),
      ("ipv6", "::ffff:1.2.3.4", true), ("ipv6", "1::2::3", false), ("ipv6", "1.2.3.4", false), ("ipv6", ":", false),
      ("cidr", "10.0.0.0/8", true), ("cidr", "10.0.0.0/33", false), ("cidr", "fd00::/64", true),
      ("cidr", "10.0.0.0", false),
      ("mac", "01:23:45:67:89:ab", true), ("mac", "0123.4567.89ab", true), ("mac", "01:23:45", false),
      ("mac", "01-23-45-67-89-AB", true), ("mac", "01-23-45-67-89-AG", false),
      ("uuid", "123e4567-e89b-12d3-a456-426614174000", true), ("uuid", "123e4567", false),
      ("uuid3", "123e4567-e89b-32d3-a456-426614174000", true), ("uuid4", "123e4567-e89b-32d3-a456-426614174000", false),
      ("uuid4", "123e4567-e89b-42d3-a456-426614174000", true), ("uuid5", "123e4567-e89b-52d3-8456-426614174000", true),
      ("hostname", "example.com", true), ("hostname", "localhost", true), ("hostname", "-a.com", false),
      ("hostname", "a.c0", false), ("hostname", "a_b.com", false), ("hostname", "1.example.com", true),
      ("email", "a@example.com", true), ("email", "A B <a.b@example.com>", true), ("email", "a", false),
      ("email", "a@", false), ("email", #""a b"@example.com"#, true), ("email", "a b@example.com", false),
      ("uri", "https://example.com:80/a?b", true), ("uri", "/path", true), ("uri", "example.com", false),
      ("uri", "mailto:a@b", true), ("uri", "http://a b/", false), ("uri", "http://a/%zz", false), ("uri", ":80", false),
      ("date", "2024-02-29", true), ("date", "2023-02-29", false), ("date", "2024-1-1", false),
      ("date-time", "2024-02-29T10:00:00Z", true), ("date-time", "2024-02-29T10:00:00.123+01:00", true),
      ("datetime", "2024-02-29T24:00:00Z", false), ("datetime", "2024-02-29 10:00:00Z", false),
      ("duration", "1h5m", true), ("duration", "3 days", true), ("duration", "x", false), ("duration", "22 ns", true),
      ("byte", "YWJj", true), ("byte", "YW", false), ("byte", "", false), ("password", "anything", true),
      ("hexcolor", "#fff", true), ("hexcolor", "#ffff", false), ("rgbcolor", "rgb(0, 128,255)", true),
      ("rgbcolor", "rgb(0,0,256)", false), ("isbn", "0321751043", true), ("isbn13", "978-0321751041", true),
      ("isbn10", "0321751044", false), ("creditcard", "4111 1111 1111 1111", true), ("creditcard", "4111", false),
      ("ssn", "111-11-1111", true), ("ssn", "111111111", false), ("bsonobjectid", "507f1f77bcf86cd799439011", true),
      ("k8s-short-name", "my-name", true), ("k8s-short-name", "My", false), ("k8s-long-name", "a.b-c", true),
      ("k8s-long-name", "a..b", false),
    ])
  func formats(format: String, text: String, isValid: Bool) {
    let schema = Schema(.string, format: format)
    #expect(ValueValidator.errors(in: .string(text), by: schema).isEmpty == isValid)
  }

  @Test("an update is not blamed for what it did not change")
  func ratcheting() throws {
    let schema = try customSchema(
      #"""
      {"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "small": {"type": "integer", "maximum": 1}, "other": {"type": "string"},
        "nested": {"type": "object", "required": ["must"], "properties": {"must": {"type": "string"},
          "small": {"type": "integer", "maximum": 1}}},
        "byKey": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
          "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "integer", "maximum": 1}}}},
        "plain": {"type": "array", "items": {"type": "integer", "maximum": 1}}}}}}
      """#)
    func errors(_ old: String, _ new: String) throws -> [String] {
      try ValueValidator.errors(
        in: parse(#"{"spec": "# + new + "}"), by: schema, old: parse(#"{"spec": "# + old + "}")
      ).map(\.field)
    }
    #expect(try errors(#"{"small": 5, "other": "a"}"#, #"{"small": 5, "other": "b"}"#) == [])
    #expect(try errors(#"{"small": 5}"#, #"{"small": 6}"#) == ["spec.small"])
    #expect(try errors(#"{"nested": {"small": 5}}"#, #"{"nested": {"small": 5}, "other": "b"}"#) == [])
    #expect(try errors(#"{"nested": {}}"#, #"{"nested": {"small": 1}}"#) == ["spec.nested.must"])
    #expect(
      try errors(#"{"byKey": [{"k": "a", "v": 5}]}"#, #"{"byKey": [{"k": "b", "v": 1}, {"k": "a", "v": 5}]}"#) == [])
    #expect(try errors(#"{"byKey": [{"k": "a", "v": 5}]}"#, #"{"byKey": [{"k": "b", "v": 5}]}"#) == ["spec.byKey[0].v"])
    #expect(try errors(#"{"plain": [5]}"#, #"{"plain": [5], "other": "b"}"#) == [])
    #expect(try errors(#"{"plain": [5]}"#, #"{"plain": [5, 1]}"#) == ["spec.plain[0]"])
  }

  @Test("items that are twice in sets and maps")
  func listTypes() throws {
    let schema = try customSchema(
      #"""
      {"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "one": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a"],
          "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        "two": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"],
          "items": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "array", "x-kubernetes-list-type": "set",
          "items": {"type": "integer"}}}}}}}
      """#)
    let errors = try ListTypeValidator.errors(
      in: parse(
        #"""
        {"spec": {"set": ["a", "b", "a", "a"], "one": [{"a": "x"}, {"a": "x", "c": 1}, {}, {}],
          "two": [{"a": "x", "b": 1}, {"b": 2, "a": "x"}, {"b": 1, "a": "x"}], "map": {"k": [1, 1]}}}
        """#), by: schema)
    #expect(
      errors.map(\.description) == [
        #"spec.set[2]: Duplicate value: "a""#, #"spec.one[1]: Duplicate value: {"a":"x"}"#,
        "spec.one[3]: Duplicate value: {}", #"spec.two[2]: Duplicate value: {"a":"x","b":1}"#,
        "spec.map[k][1]: Duplicate value: 1",
      ])
    let scalar = try ListTypeValidator.errors(in: parse(#"{"spec": {"one": ["text"]}}"#), by: schema)
    #expect(
      scalar.map(\.description) == [
        #"spec.one[0]: Invalid value: "text": must be an object for an array of list-type map"#
      ])
  }

  @Test("any value is judged")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 17)
    let words = [
      "type", "object", "array", "string", "integer", "items", "properties", "a", "b", "required", "maximum", "anyOf",
      "not", "oneOf", "enum", "format", "ipv4", "pattern", "^a", "maxLength",
    ]
    for _ in 0..<2000 {
      guard
        let schema = try? SchemaReader(.customResource).schema(.random(words: words, depth: 4, using: &generator))
      else { continue }
      let value = JSONValue.random(words: words, depth: 4, using: &generator)
      let errors = ValueValidator.errors(in: value, by: schema)
      // An update that changes nothing is never blamed, but for what no schema follows.
      if schema.preservesUnknownFields == false, value.objectValue == nil, value.arrayValue == nil {
        #expect(ValueValidator.errors(in: value, by: schema, old: value).isEmpty)
      }
      #expect(errors.count == Set(errors.map(\.description)).count)
    }
  }
}
