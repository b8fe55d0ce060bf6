/// Writes a node as OpenAPI's JSON.
public struct SchemaWriter: Sendable {
  /// Which of OpenAPI's dialects the text is for.
  public enum Dialect: Sendable {
    /// `openAPIV3Schema` of a CustomResourceDefinition.
    case customResource
    /// An OpenAPI v3 document: references to `#/components/schemas`.
    case version3
    /// An OpenAPI v2 document: references to `#/definitions`, and no words that version lacks.
    case version2
  }

  private let dialect: Dialect
  private let isCustom: Bool

  /// - Parameter isCustom: whether the nodes are those of a custom kind, whose values of two types carry an extension.
  public init(_ dialect: Dialect, isCustom: Bool = false) {
    self.dialect = dialect
    self.isCustom = isCustom || dialect == .customResource
  }

  /// A schema as documents hold it.
  public func value(_ schema: Schema) -> JSONValue { .object(object(schema)) }

  /// A schema as documents hold it, to which more can be added.
  public func object(_ schema: Schema) -> JSONObject {
    var object = JSONObject()
    if let description = schema.description { object["description"] = .string(description) }
    if let reference = schema.reference {
      write(reference, of: schema, into: &object)
      return object
    }
    writeType(schema, into: &object)
    if let notes = schema.notes {
      if let title = notes.title { object["title"] = .string(title) }
      if let documentation = notes.externalDocumentation { object["externalDocs"] = documentation }
      if let example = notes.example { object["example"] = example }
    }
    if let value = schema.defaultValue ?? schema.zeroValue, dialect != .version2 { object["default"] = value }
    if schema.isNullable, dialect != .version2 { object["nullable"] = true }
    if let rules = schema.rules { write(rules, of: schema, into: &object) }
    if !schema.required.isEmpty { object["required"] = .array(schema.required.map { .string($0) }) }
    if !schema.properties.isEmpty {
      object["properties"] = .object(JSONObject(schema.properties.map { ($0.name, value($0.schema)) }))
    }
    switch schema.additionalProperties {
    case .schema(let schema): object["additionalProperties"] = value(schema)
    case .allowed(let allowed): object["additionalProperties"] = .bool(allowed)
    case nil: break
    }
    if let items = schema.items { object["items"] = value(items) }
    writeExtensions(schema, into: &object)
    return object
  }

  /// A reference cannot have words beside it; where there are some it stands in an `allOf`, except in version 2, whose
  /// readers take a description there.
  private func write(_ reference: SchemaReference, of schema: Schema, into object: inout JSONObject) {
    let prefix = dialect == .version2 ? "#/definitions/" : "#/components/schemas/"
    let target = JSONValue.string(prefix + reference.name)
    if let value = schema.defaultValue ?? schema.zeroValue { object["default"] = value }
    if schema.isNullable, dialect != .version2 { object["nullable"] = true }
    writeExtensions(schema, into: &object)
    if object.isEmpty || dialect == .version2 {
      object["$ref"] = target
      object.remove("default")
    } else {
      object["allOf"] = [["$ref": target]]
    }
  }

  /// A free-form object needs no word for it in a document, where nothing is forbidden that is not named.
  private func saysPreserve(_ schema: Schema) -> Bool {
    schema.preservesUnknownFields && (isCustom || !schema.properties.isEmpty)
  }

  private func writeType(_ schema: Schema, into object: inout JSONObject) {
    switch (schema.type, dialect) {
    case (nil, _), (.any, _): break
    case (.intOrString, _) where isCustom: object["x-kubernetes-int-or-string"] = true
    case (.intOrString, .version2):
      object["type"] = "string"
      object["format"] = "int-or-string"
      return
    case (.intOrString, _):
      object["format"] = "int-or-string"
      object["oneOf"] = [["type": "integer"], ["type": "string"]]
      return
    case (.quantity, .version3): object["oneOf"] = [["type": "string"], ["type": "number"]]
    case (.quantity, _): object["type"] = "string"
    case (let type?, _): object["type"] = .string(type.rawValue)
    }
    if let format = schema.format { object["format"] = .string(format) }
  }

  private func write(_ rules: ValueRules, of schema: Schema, into object: inout JSONObject) {
    if let values = rules.enumeration {
      // Those of built-in kinds are published in the order of the alphabet.
      object["enum"] = .array(isCustom ? values : values.sorted { $0.stringValue ?? "" < $1.stringValue ?? "" })
    }
    if let maximum = rules.maximum { object["maximum"] = Self.number(maximum) }
    if rules.exclusiveMaximum { object["exclusiveMaximum"] = true }
    if let minimum = rules.minimum { object["minimum"] = Self.number(minimum) }
    if rules.exclusiveMinimum { object["exclusiveMinimum"] = true }
    if let factor = rules.multipleOf { object["multipleOf"] = Self.number(factor) }
    if let length = rules.maxLength { object["maxLength"] = .integer(length) }
    if let length = rules.minLength { object["minLength"] = .integer(length) }
    if let pattern = rules.pattern { object["pattern"] = .string(pattern) }
    if let count = rules.maxItems { object["maxItems"] = .integer(count) }
    if let count = rules.minItems { object["minItems"] = .integer(count) }
    if rules.uniqueItems { object["uniqueItems"] = true }
    if let count = rules.maxProperties { object["maxProperties"] = .integer(count) }
    if let count = rules.minProperties { object["minProperties"] = .integer(count) }
    if !rules.allOf.isEmpty { object["allOf"] = .array(rules.allOf.map(value)) }
    guard dialect != .version2 else { return }
    if !rules.anyOf.isEmpty { object["anyOf"] = .array(rules.anyOf.map(value)) }
    if !rules.oneOf.isEmpty { object["oneOf"] = .array(rules.oneOf.map(value)) }
    if let not = rules.not { object["not"] = value(not) }
  }

  private func writeExtensions(_ schema: Schema, into object: inout JSONObject) {
    if saysPreserve(schema) { object["x-kubernetes-preserve-unknown-fields"] = true }
    if schema.isEmbeddedResource { object["x-kubernetes-embedded-resource"] = true }
    if !schema.listMapKeys.isEmpty {
      object["x-kubernetes-list-map-keys"] = .array(schema.listMapKeys.map { .string($0) })
    }
    if let type = schema.listType { object["x-kubernetes-list-type"] = .string(type.rawValue) }
    if let type = schema.mapType { object["x-kubernetes-map-type"] = .string(type.rawValue) }
    if let key = schema.patchMergeKey { object["x-kubernetes-patch-merge-key"] = .string(key) }
    if !schema.patchStrategy.isEmpty { object["x-kubernetes-patch-strategy"] = .string(schema.patchStrategy.text) }
    if !schema.validationRules.isEmpty {
      object["x-kubernetes-validations"] = .array(schema.validationRules.map { Self.value($0) })
    }
    if !schema.unions.isEmpty { object["x-kubernetes-unions"] = .array(schema.unions.map { Self.value($0) }) }
  }

  private static func value(_ rule: ValidationRule) -> JSONValue {
    var object: JSONObject = ["rule": .string(rule.rule)]
    if let message = rule.message { object["message"] = .string(message) }
    if let expression = rule.messageExpression { object["messageExpression"] = .string(expression) }
    if let reason = rule.reason { object["reason"] = .string(reason) }
    if let path = rule.fieldPath { object["fieldPath"] = .string(path) }
    if let optional = rule.optionalOldSelf { object["optionalOldSelf"] = .bool(optional) }
    return .object(object)
  }

  private static func value(_ union: SchemaUnion) -> JSONValue {
    var object = JSONObject()
    if let discriminator = union.discriminator { object["discriminator"] = .string(discriminator) }
    object["fields-to-discriminateBy"] = .object(
      JSONObject(union.members.map { ($0.field, .string($0.discriminatorValue)) }))
    return .object(object)
  }

  /// Whole numbers without a point.
  static func number(_ value: Double) -> JSONValue {
    Int64(exactly: value).map { .integer($0) } ?? .double(value)
  }
}
