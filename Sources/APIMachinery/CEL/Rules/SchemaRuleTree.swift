/// The compiled rules of a schema, in the shape of the schema. Parts without rules are left out.
final class SchemaRuleTree: Sendable {
  let rules: [CompiledRule]
  /// The type of values; nil where expressions do not see them, so that rules cannot be evaluated.
  let type: CELSchemaType?
  let schema: Schema
  let properties: [String: SchemaRuleTree]
  let items: SchemaRuleTree?
  let additionalProperties: SchemaRuleTree?
  let allOf: [SchemaRuleTree]

  var isEmpty: Bool {
    rules.isEmpty && properties.isEmpty && items == nil && additionalProperties == nil && allOf.isEmpty
  }

  /// - Parameter isResource: an object with `apiVersion`, `kind` and `metadata` of its own.
  convenience init(_ schema: Schema, isResource: Bool) {
    let schema = schema.resolved
    let type = Self.hasRules(schema) ? CELSchemaType.make(schema, isResource: isResource) : nil
    self.init(rules: schema, node: schema, type)
  }

  /// - Parameters:
  ///   - rules: where rules are written: the node itself, or a schema of its `allOf`.
  ///   - node: says what values look like.
  private init(rules: Schema, node: Schema, _ type: CELSchemaType?) {
    schema = node
    self.type = type
    guard Self.hasRules(rules) else {
      self.rules = []
      properties = [:]
      items = nil
      additionalProperties = nil
      allOf = []
      return
    }
    self.rules = type.map { type in rules.validationRules.map { CompiledRule($0, node, type) } } ?? []
    func kept(_ tree: SchemaRuleTree) -> SchemaRuleTree? { tree.isEmpty ? nil : tree }
    var properties: [String: SchemaRuleTree] = [:]
    for property in rules.properties {
      guard let inner = node.properties[property.name]?.resolved else { continue }
      let type: CELSchemaType?
      if let name = CELFieldNames.escape(property.name) {
        type = fieldType(name, in: self.type)
      } else {
        type = CELSchemaType.make(inner, isResource: inner.isEmbeddedResource)
      }
      guard let type else { continue }
      properties[property.name] = kept(SchemaRuleTree(rules: property.schema.resolved, node: inner, type))
    }
    self.properties = properties
    if let written = rules.items?.resolved, let inner = node.items?.resolved {
      items = kept(
        SchemaRuleTree(
          rules: written, node: inner, type?.element ?? .make(inner, isResource: inner.isEmbeddedResource)))
    } else {
      items = nil
    }
    if case .schema(let written) = rules.additionalProperties, case .schema(let inner) = node.additionalProperties {
      additionalProperties = kept(SchemaRuleTree(rules: written.resolved, node: inner.resolved, type?.element))
    } else {
      additionalProperties = nil
    }
    allOf = (rules.rules?.allOf ?? []).compactMap { kept(SchemaRuleTree(rules: $0.resolved, node: node, type)) }
  }

  private static func hasRules(_ schema: Schema) -> Bool {
    if !schema.validationRules.isEmpty { return true }
    if let items = schema.items, hasRules(items) { return true }
    if case .schema(let members) = schema.additionalProperties, hasRules(members) { return true }
    if schema.properties.contains(where: { hasRules($0.schema) }) { return true }
    return schema.rules?.allOf.contains { hasRules($0) } ?? false
  }
}

private func fieldType(_ field: String, in type: CELSchemaType?) -> CELSchemaType? {
  type?.object?.fields[field]?.type
}
