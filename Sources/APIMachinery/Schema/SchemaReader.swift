/// Reads a node from OpenAPI's JSON.
///
/// Of a custom resource's schema, check it with ``StructuralSchemaRules`` first: that finds what is wrong and says it field by field.
/// This reads what it can hold and throws where a word has a value of the wrong type.
public struct SchemaReader: Sendable {
  /// Which of OpenAPI's dialects the text is written in.
  public enum Dialect: Sendable {
    /// `openAPIV3Schema` of a CustomResourceDefinition: no references.
    case customResource
    /// A definition of an OpenAPI document, version 2 or 3, with references to others.
    case document
  }

  private let dialect: Dialect
  /// Deeper nesting would use up the stack.
  private static let deepest = 500

  public init(_ dialect: Dialect) { self.dialect = dialect }

  /// - Throws: ``SchemaError`` where a word has a value of the wrong type, or is one that a structural schema may not have.
  public func schema(_ value: JSONValue) throws(SchemaError) -> Schema { try read(value, at: "", depth: 0) }

  private func read(_ value: JSONValue, at path: String, depth: Int) throws(SchemaError) -> Schema {
    guard depth < Self.deepest else { throw SchemaError(.malformed, "\(path) nests too deeply") }
    guard case .object(let object) = value else {
      throw SchemaError(.malformed, "\(path.isEmpty ? "the schema" : path) must be an object")
    }
    var node = Node()
    for (word, value) in object where !value.isNull || word == "default" || word == "example" {
      try read(word, value, into: &node, at: path.isEmpty ? word : "\(path).\(word)", depth: depth)
    }
    return node.schema(dialect)
  }

  /// What has been read of a node.
  private struct Node {
    var type: SchemaType?
    var reference: SchemaReference?
    var properties: [(name: String, schema: Schema)] = []
    var required: [String] = []
    var additionalProperties: AdditionalProperties?
    var items: Schema?
    var description: String?
    var defaultValue: JSONValue?
    var isNullable = false
    var format: String?
    var preservesUnknownFields = false
    var isEmbeddedResource = false
    var listType: ListType?
    var listMapKeys: [String] = []
    var mapType: MapType?
    var patchStrategy: PatchStrategy = []
    var patchMergeKey: String?
    var rules = ValueRules()
    var hasRules = false
    var validationRules: [ValidationRule] = []
    var unions: [SchemaUnion] = []
    var title: String?
    var example: JSONValue?
    var externalDocumentation: JSONValue?

    func schema(_ dialect: SchemaReader.Dialect) -> Schema {
      var node = self
      if dialect == .document { node.recogniseKubernetesTypes() }
      return Schema(
        node.type, reference: node.reference,
        properties: node.properties.map { SchemaProperty($0.name, $0.schema, required: required.contains($0.name)) },
        required: required, additionalProperties: additionalProperties, items: items, description: description,
        default: defaultValue, nullable: isNullable, format: format, preservesUnknownFields: preservesUnknownFields,
        isEmbeddedResource: isEmbeddedResource, listType: listType, listMapKeys: listMapKeys, mapType: mapType,
        patchStrategy: patchStrategy, patchMergeKey: patchMergeKey, rules: node.hasRules ? node.rules : nil,
        validationRules: validationRules, unions: unions, notes: notes)
    }

    private var notes: SchemaNotes? {
      guard title != nil || example != nil || externalDocumentation != nil else { return nil }
      return SchemaNotes(title: title, example: example, externalDocumentation: externalDocumentation)
    }

    /// Documents say in several ways what is one type here: a reference with words beside it stands in an `allOf` of its
    /// own, a quantity is a string or a number.
    private mutating func recogniseKubernetesTypes() {
      if reference == nil, rules.allOf.count == 1, let inner = rules.allOf[0].reference {
        reference = inner
        rules.allOf = []
        hasRules = false
      }
      let alternatives = Set(rules.oneOf.compactMap(\.type))
      if format == "int-or-string" {
        type = .intOrString
        rules.oneOf = []
        hasRules = false
      } else if type == nil, rules.oneOf.count == 2, alternatives == [.string, .number] {
        type = .quantity
        rules.oneOf = []
        hasRules = false
      }
    }
  }

  // MARK: Words

  private func read(
    _ word: String, _ value: JSONValue, into node: inout Node, at path: String, depth: Int
  ) throws(SchemaError) {
    switch word {
    case "type": node.type = try type(value, at: path) ?? node.type
    case "format": node.format = try text(value, at: path)
    case "description": node.description = try text(value, at: path)
    case "title": node.title = try text(value, at: path)
    case "default": node.defaultValue = value
    case "example": node.example = value
    case "externalDocs": node.externalDocumentation = value
    case "nullable": node.isNullable = try flag(value, at: path)
    case "required": node.required = try texts(value, at: path)
    case "items": node.items = try read(value, at: path, depth: depth + 1)
    case "properties":
      guard case .object(let object) = value else { throw SchemaError(.malformed, "\(path) must be an object") }
      for (name, value) in object {
        node.properties.append((name, try read(value, at: "\(path)[\(name)]", depth: depth + 1)))
      }
    case "additionalProperties":
      if case .bool(let allowed) = value {
        node.additionalProperties = .allowed(allowed)
      } else {
        node.additionalProperties = .schema(try read(value, at: path, depth: depth + 1))
      }
    case "$ref":
      guard dialect == .document else { throw unsupported("$ref") }
      node.reference = SchemaReference(Self.definitionName(try text(value, at: path)))
    case "id", "$schema", "patternProperties", "dependencies", "additionalItems", "definitions":
      throw unsupported(word == "$schema" ? "schema" : word)
    default:
      if word.hasPrefix("x-kubernetes-") {
        try readExtension(word, value, into: &node, at: path)
      } else {
        try readRule(word, value, into: &node, at: path, depth: depth)
      }
    }
  }

  private func readRule(
    _ word: String, _ value: JSONValue, into node: inout Node, at path: String, depth: Int
  ) throws(SchemaError) {
    switch word {
    case "enum": node.rules.enumeration = try list(value, at: path)
    case "maximum": node.rules.maximum = try number(value, at: path)
    case "minimum": node.rules.minimum = try number(value, at: path)
    case "multipleOf": node.rules.multipleOf = try number(value, at: path)
    case "exclusiveMaximum": node.rules.exclusiveMaximum = try flag(value, at: path)
    case "exclusiveMinimum": node.rules.exclusiveMinimum = try flag(value, at: path)
    case "maxLength": node.rules.maxLength = try integer(value, at: path)
    case "minLength": node.rules.minLength = try integer(value, at: path)
    case "maxItems": node.rules.maxItems = try integer(value, at: path)
    case "minItems": node.rules.minItems = try integer(value, at: path)
    case "maxProperties": node.rules.maxProperties = try integer(value, at: path)
    case "minProperties": node.rules.minProperties = try integer(value, at: path)
    case "uniqueItems": node.rules.uniqueItems = try flag(value, at: path)
    case "pattern": node.rules.pattern = try text(value, at: path)
    case "allOf": node.rules.allOf = try schemas(value, at: path, depth: depth)
    case "anyOf": node.rules.anyOf = try schemas(value, at: path, depth: depth)
    case "oneOf": node.rules.oneOf = try schemas(value, at: path, depth: depth)
    case "not": node.rules.not = try read(value, at: path, depth: depth + 1)
    // Words that are not known are pruned from a CustomResourceDefinition before they come here.
    default: return
    }
    node.hasRules = true
  }

  private func readExtension(
    _ word: String, _ value: JSONValue, into node: inout Node, at path: String
  ) throws(SchemaError) {
    switch word {
    case "x-kubernetes-preserve-unknown-fields": node.preservesUnknownFields = try flag(value, at: path)
    case "x-kubernetes-embedded-resource": node.isEmbeddedResource = try flag(value, at: path)
    case "x-kubernetes-int-or-string": if try flag(value, at: path) { node.type = .intOrString }
    case "x-kubernetes-list-type":
      node.listType = try known(ListType(rawValue: try text(value, at: path)), value, at: path)
    case "x-kubernetes-list-map-keys": node.listMapKeys = try texts(value, at: path)
    case "x-kubernetes-map-type":
      node.mapType = try known(MapType(rawValue: try text(value, at: path)), value, at: path)
    case "x-kubernetes-patch-strategy":
      node.patchStrategy = try known(PatchStrategy(try text(value, at: path)), value, at: path)
    case "x-kubernetes-patch-merge-key": node.patchMergeKey = try text(value, at: path)
    case "x-kubernetes-validations":
      for (index, value) in try list(value, at: path).enumerated() {
        node.validationRules.append(try validationRule(value, at: "\(path)[\(index)]"))
      }
    case "x-kubernetes-unions":
      for (index, value) in try list(value, at: path).enumerated() {
        node.unions.append(try union(value, at: "\(path)[\(index)]"))
      }
    default: return
    }
  }

  private func validationRule(_ value: JSONValue, at path: String) throws(SchemaError) -> ValidationRule {
    guard case .object(let object) = value else { throw SchemaError(.malformed, "\(path) must be an object") }
    var rule = ValidationRule(rule: "")
    for (word, value) in object where !value.isNull {
      switch word {
      case "rule": rule.rule = try text(value, at: "\(path).\(word)")
      case "message": rule.message = try text(value, at: "\(path).\(word)")
      case "messageExpression": rule.messageExpression = try text(value, at: "\(path).\(word)")
      case "reason": rule.reason = try text(value, at: "\(path).\(word)")
      case "fieldPath": rule.fieldPath = try text(value, at: "\(path).\(word)")
      case "optionalOldSelf": rule.optionalOldSelf = try flag(value, at: "\(path).\(word)")
      default: continue
      }
    }
    return rule
  }

  private func union(_ value: JSONValue, at path: String) throws(SchemaError) -> SchemaUnion {
    guard case .object(let object) = value else { throw SchemaError(.malformed, "\(path) must be an object") }
    var union = SchemaUnion(members: [])
    if let discriminator = object["discriminator"] {
      union.discriminator = try text(discriminator, at: "\(path).discriminator")
    }
    if case .object(let fields)? = object["fields-to-discriminateBy"] {
      for (field, value) in fields {
        union.members.append(.init(field: field, discriminatorValue: try text(value, at: "\(path).\(field)")))
      }
    }
    return union
  }

  // MARK: Values

  private func type(_ value: JSONValue, at path: String) throws(SchemaError) -> SchemaType? {
    let text = try text(value, at: path)
    switch text {
    case "": return nil
    case "object", "array", "string", "integer", "number", "boolean": return SchemaType(rawValue: text)
    default: throw SchemaError(.malformed, "\(path) is an unknown type: \(text)")
    }
  }

  private func unsupported(_ word: String) -> SchemaError {
    SchemaError(.unsupported, "OpenAPIV3Schema '\(word)' is not supported")
  }

  private func known<Value>(_ result: Value?, _ value: JSONValue, at path: String) throws(SchemaError) -> Value {
    guard let result else {
      throw SchemaError(.malformed, "\(path) has an unknown value: \(value.stringValue ?? "")")
    }
    return result
  }

  private func text(_ value: JSONValue, at path: String) throws(SchemaError) -> String {
    guard case .string(let text) = value else { throw SchemaError(.malformed, "\(path) must be a string") }
    return text
  }

  private func flag(_ value: JSONValue, at path: String) throws(SchemaError) -> Bool {
    guard case .bool(let flag) = value else { throw SchemaError(.malformed, "\(path) must be true or false") }
    return flag
  }

  private func integer(_ value: JSONValue, at path: String) throws(SchemaError) -> Int64 {
    guard case .integer(let integer) = value else { throw SchemaError(.malformed, "\(path) must be a whole number") }
    return integer
  }

  private func number(_ value: JSONValue, at path: String) throws(SchemaError) -> Double {
    switch value {
    case .integer(let integer): return Double(integer)
    case .double(let double): return double
    default: throw SchemaError(.malformed, "\(path) must be a number")
    }
  }

  private func list(_ value: JSONValue, at path: String) throws(SchemaError) -> [JSONValue] {
    guard case .array(let list) = value else { throw SchemaError(.malformed, "\(path) must be a list") }
    return list
  }

  private func texts(_ value: JSONValue, at path: String) throws(SchemaError) -> [String] {
    var result: [String] = []
    for (index, value) in try list(value, at: path).enumerated() {
      result.append(try text(value, at: "\(path)[\(index)]"))
    }
    return result
  }

  private func schemas(_ value: JSONValue, at path: String, depth: Int) throws(SchemaError) -> [Schema] {
    var result: [Schema] = []
    for (index, value) in try list(value, at: path).enumerated() {
      result.append(try read(value, at: "\(path)[\(index)]", depth: depth + 1))
    }
    return result
  }

  /// The last part of `#/components/schemas/NAME` or `#/definitions/NAME`.
  private static func definitionName(_ reference: String) -> String {
    reference.split(separator: "/").last.map(String.init) ?? reference
  }
}
