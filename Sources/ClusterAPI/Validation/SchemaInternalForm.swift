import APIMachinery

/// How messages show the schema of a custom kind: as ``InternalForm`` does, of a type that holds itself (upstream's
/// `apiextensions.JSONSchemaProps`).
enum SchemaInternalForm {
  private enum Shape {
    case string, bool, value, schema, schemas, schemasByName, schemaOrList, schemaOrBool, schemasOrNames, documentation
    case rules
  }

  /// Go's names, the API's and what is in them, in the order of their declaration.
  private static let members: [(field: String, name: String, shape: Shape)] = [
    ("ID", "id", .string), ("Schema", "$schema", .string), ("Ref", "$ref", .value),
    ("Description", "description", .string), ("Type", "type", .string), ("Nullable", "nullable", .bool),
    ("Format", "format", .string), ("Title", "title", .string), ("Default", "default", .value),
    ("Maximum", "maximum", .value), ("ExclusiveMaximum", "exclusiveMaximum", .bool), ("Minimum", "minimum", .value),
    ("ExclusiveMinimum", "exclusiveMinimum", .bool), ("MaxLength", "maxLength", .value),
    ("MinLength", "minLength", .value), ("Pattern", "pattern", .string), ("MaxItems", "maxItems", .value),
    ("MinItems", "minItems", .value), ("UniqueItems", "uniqueItems", .bool), ("MultipleOf", "multipleOf", .value),
    ("Enum", "enum", .value), ("MaxProperties", "maxProperties", .value), ("MinProperties", "minProperties", .value),
    ("Required", "required", .value), ("Items", "items", .schemaOrList), ("AllOf", "allOf", .schemas),
    ("OneOf", "oneOf", .schemas), ("AnyOf", "anyOf", .schemas), ("Not", "not", .schema),
    ("Properties", "properties", .schemasByName), ("AdditionalProperties", "additionalProperties", .schemaOrBool),
    ("PatternProperties", "patternProperties", .schemasByName), ("Dependencies", "dependencies", .schemasOrNames),
    ("AdditionalItems", "additionalItems", .schemaOrBool), ("Definitions", "definitions", .schemasByName),
    ("ExternalDocs", "externalDocs", .documentation), ("Example", "example", .value),
    ("XPreserveUnknownFields", "x-kubernetes-preserve-unknown-fields", .value),
    ("XEmbeddedResource", "x-kubernetes-embedded-resource", .bool),
    ("XIntOrString", "x-kubernetes-int-or-string", .bool), ("XListMapKeys", "x-kubernetes-list-map-keys", .value),
    ("XListType", "x-kubernetes-list-type", .value), ("XMapType", "x-kubernetes-map-type", .value),
    ("XValidations", "x-kubernetes-validations", .rules),
  ]

  /// Objects in a schema that is shown so, and levels: each has more than forty members in the message. Larger ones are shown as
  /// the API has them.
  private static let most = (objects: 2_000, levels: 100)

  static func of(_ schema: JSONValue) -> JSONValue {
    var left = most.objects
    return isShown(schema, &left, most.levels) ? whole(schema) : schema
  }

  private static func isShown(_ value: JSONValue, _ objects: inout Int, _ levels: Int) -> Bool {
    guard levels > 0 else { return false }
    switch value {
    case .object(let members):
      objects -= 1
      guard objects >= 0 else { return false }
      for (_, member) in members where !isShown(member, &objects, levels - 1) { return false }
    case .array(let items): for item in items where !isShown(item, &objects, levels - 1) { return false }
    default: break
    }
    return true
  }

  private static func whole(_ schema: JSONValue) -> JSONValue {
    .object(JSONObject(members.map { ($0.field, form(schema[$0.name] ?? .null, $0.shape)) }))
  }

  private static func form(_ value: JSONValue, _ shape: Shape) -> JSONValue {
    guard !value.isNull else {
      switch shape {
      case .string: return ""
      case .bool: return false
      default: return .null
      }
    }
    switch shape {
    case .string, .bool, .value: return value
    case .schema: return whole(value)
    case .schemas: return list(value)
    case .schemasByName:
      return .object(JSONObject((value.objectValue ?? [:]).sorted.map { ($0.name, whole($0.value)) }))
    case .schemaOrList:
      return value.arrayValue == nil
        ? ["Schema": whole(value), "JSONSchemas": .null] : ["Schema": .null, "JSONSchemas": list(value)]
    case .schemaOrBool:
      return value.objectValue == nil ? ["Allows": value, "Schema": .null] : ["Allows": true, "Schema": whole(value)]
    case .schemasOrNames:
      return .object(
        JSONObject(
          (value.objectValue ?? [:]).sorted.map { name, value -> (String, JSONValue) in
            value.arrayValue == nil
              ? (name, ["Schema": whole(value), "Property": .null]) : (name, ["Schema": .null, "Property": value])
          }))
    case .documentation: return ["Description": value["description"] ?? "", "URL": value["url"] ?? ""]
    case .rules:
      return .array((value.arrayValue ?? []).map { InternalForm.of($0, "apiextensions.ValidationRule") })
    }
  }

  private static func list(_ value: JSONValue) -> JSONValue { .array((value.arrayValue ?? []).map(whole)) }
}
