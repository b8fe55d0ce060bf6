/// Checks that a CustomResourceDefinition's schema may be one: that it is structural, and uses only what Kubernetes supports.
///
/// A structural schema gives every value its type in one place; what stands in `allOf`, `anyOf`, `oneOf` and `not` only limits what is
/// described outside of them. Errors have upstream's words, for the client reads them field by field.
public struct StructuralSchemaRules: Sendable {
  /// Whether the version has the subresource `status`; then the root of the schema may hold less.
  private let hasStatusSubresource: Bool
  /// The schema of object metadata, by which defaults inside of embedded metadata are checked.
  private let metadata: Schema?
  private let evaluator: (any ValidationRuleEvaluator)?

  /// - Parameters:
  ///   - metadata: the schema of object metadata.
  ///   - evaluator: evaluates the rules in CEL on defaults; nil passes over them.
  public init(
    hasStatusSubresource: Bool = false, metadata: Schema? = nil, evaluator: (any ValidationRuleEvaluator)? = nil
  ) {
    self.hasStatusSubresource = hasStatusSubresource
    self.metadata = metadata
    self.evaluator = evaluator
  }

  /// What is wrong with the value of `openAPIV3Schema`; empty where a ``SchemaReader`` can make a schema of it.
  ///
  /// - Parameter path: where it stands. Upstream says `spec.validation.openAPIV3Schema` where all versions have the same
  ///   schema, and `spec.versions[0].schema.openAPIV3Schema` elsewhere.
  public func errors(in value: JSONValue, at path: FieldPath) -> [FieldError] {
    guard case .object(let object) = value else { return [.invalid(path, value, "must be an object")] }
    let root = RawSchema(object)
    var errors = rootErrors(root, at: path)
    let unreadable = unsupportedWord(root)
    if unreadable == nil {
      let structure = StructuralInvariants.errors(in: root, at: path)
      errors += structure.isEmpty ? defaultErrors(value, at: path) : structure
    }
    errors += CustomSchemaRules.errors(in: root, at: path)
    if errors.isEmpty, let unreadable {
      errors.append(.invalid(path, "", "OpenAPIV3Schema '\(unreadable)' is not supported"))
    }
    return errors
  }

  private static let rootWords = [
    "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum", "MaxLength",
    "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required", "Items", "Properties",
    "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
  ]

  private func rootErrors(_ root: RawSchema, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    if hasStatusSubresource {
      let allowed = Set(
        Self.rootWords.map { word in
          switch word {
          case "XPreserveUnknownFields": "x-kubernetes-preserve-unknown-fields"
          case "XValidations": "x-kubernetes-validations"
          default: word.prefix(1).lowercased() + word.dropFirst()
          }
        })
      if root.type != "object", !root.type.isEmpty {
        errors.append(
          .invalid(
            path.child("type"), .string(root.type),
            #"only "object" is allowed as the type at the root of the schema if the status subresource is enabled"#))
      } else if root.words.contains(where: { !allowed.contains($0) && root.isSet($0) }) {
        let words = Self.rootWords.joined(separator: " ")
        errors.append(
          .invalid(
            path, .object(root.object),
            "only [\(words)] fields are allowed at the root of the schema if the status subresource is enabled"))
      }
    }
    if root.flag("nullable") {
      errors.append(.forbidden(path.child("nullable"), "nullable cannot be true at the root"))
    }
    return errors
  }

  /// A word that keeps the schema from being read at all.
  private func unsupportedWord(_ schema: RawSchema) -> String? {
    for (word, shown) in [
      ("id", "id"), ("$schema", "schema"), ("$ref", "$ref"), ("patternProperties", "patternProperties"),
      ("dependencies", "dependencies"), ("additionalItems", "additionalItems"), ("definitions", "definitions"),
    ] where schema.isSet(word) {
      return shown
    }
    if case .array? = schema.object["items"] { return "items" }
    for child in schema.children {
      if let word = unsupportedWord(child.schema) { return word }
    }
    return nil
  }

  // MARK: Defaults

  /// Defaults are values of the schema that they stand in.
  private func defaultErrors(_ value: JSONValue, at path: FieldPath) -> [FieldError] {
    guard let schema = try? SchemaReader(.customResource).schema(value) else { return [] }
    return defaultErrors(schema, isRoot: true, isInMetadata: false, at: path)
  }

  private func defaultErrors(
    _ schema: Schema, isRoot: Bool, isInMetadata: Bool, at path: FieldPath
  ) -> [FieldError] {
    var errors: [FieldError] = []
    let isEmbedded = isRoot || schema.isEmbeddedResource
    let isInMetadata = isInMetadata && !schema.isEmbeddedResource
    if let value = schema.defaultValue, value != .null {
      let place = path.child("default")
      var pruned = value
      // Of metadata, what is unknown goes without a word when the default is filled in.
      Pruner().prune(&pruned, by: schema, isEmbeddedResource: schema.isEmbeddedResource)
      if pruned != value, !isInMetadata {
        errors.append(.invalid(place, value, "must not have unknown fields"))
      }
      if !isInMetadata {
        errors += EmbeddedResourceRules.errors(in: value, by: schema, metadata: metadata, at: place)
      }
      let wrong = ValueValidator.errors(in: value, by: schema, at: place)
      errors += wrong.isEmpty ? evaluator?.errors(in: value, by: schema, old: nil, at: place) ?? [] : wrong
    }
    if let items = schema.items {
      errors += defaultErrors(items, isRoot: false, isInMetadata: isInMetadata, at: path.child("items"))
    }
    for property in schema.properties {
      let isMetadata = isEmbedded && ["metadata", "apiVersion", "kind"].contains(property.name)
      errors += defaultErrors(
        property.schema, isRoot: false, isInMetadata: isInMetadata || isMetadata,
        at: path.child("properties").key(property.name))
    }
    return errors
  }
}

/// A schema as it was written, with easy access to its words.
struct RawSchema {
  let object: JSONObject

  init(_ object: JSONObject) { self.object = object }

  init?(_ value: JSONValue?) {
    guard case .object(let object)? = value else { return nil }
    self.object = object
  }

  var words: [String] { object.keys }
  /// Empty where none is given.
  var type: String { text("type") }
  var items: RawSchema? { RawSchema(object["items"]) }
  var properties: [(name: String, schema: RawSchema)] { members("properties") }
  var additionalProperties: RawSchema? { RawSchema(object["additionalProperties"]) }
  var listType: String? { object["x-kubernetes-list-type"]?.stringValue }
  var mapType: String? { object["x-kubernetes-map-type"]?.stringValue }
  var listMapKeys: [String] { (object["x-kubernetes-list-map-keys"]?.arrayValue ?? []).compactMap(\.stringValue) }
  var rules: [RawSchema] { list("x-kubernetes-validations") }
  var required: Set<String> { Set((object["required"]?.arrayValue ?? []).compactMap(\.stringValue)) }
  var isIntOrString: Bool { flag("x-kubernetes-int-or-string") }
  var preservesUnknownFields: Bool { flag("x-kubernetes-preserve-unknown-fields") }
  var isEmbeddedResource: Bool { flag("x-kubernetes-embedded-resource") }

  func text(_ word: String) -> String { object[word]?.stringValue ?? "" }
  func flag(_ word: String) -> Bool { object[word]?.boolValue ?? false }
  func list(_ word: String) -> [RawSchema] { (object[word]?.arrayValue ?? []).compactMap { RawSchema($0) } }

  func members(_ word: String) -> [(name: String, schema: RawSchema)] {
    (object[word]?.objectValue ?? [:]).compactMap { name, value in RawSchema(value).map { (name, $0) } }
  }

  func property(_ name: String) -> RawSchema? { RawSchema(object["properties"]?[name]) }

  /// Whether a word has a value that says something.
  func isSet(_ word: String) -> Bool {
    switch object[word] {
    case nil, .null?, .bool(false)?, .string("")?: false
    case .array(let items)?: !items.isEmpty
    // An empty object is a schema, but no properties.
    case .object(let object)?:
      !object.isEmpty || ["additionalProperties", "items", "not", "additionalItems", "default"].contains(word)
    default: true
    }
  }

  /// A schema below another one.
  struct Child {
    let word: String
    let path: @Sendable (FieldPath) -> FieldPath
    let schema: RawSchema
  }

  /// The schemas below, with the word that each stands under and the part of the path that leads to it.
  var children: [Child] {
    var result: [Child] = []
    for word in ["items", "additionalProperties", "not"] {
      if let schema = RawSchema(object[word]) {
        result.append(Child(word: word, path: { $0.child(word) }, schema: schema))
      }
    }
    for word in ["properties", "definitions"] {
      for (name, schema) in members(word) {
        result.append(Child(word: word, path: { $0.child(word).key(name) }, schema: schema))
      }
    }
    for word in ["allOf", "anyOf", "oneOf"] {
      for (index, schema) in list(word).enumerated() {
        result.append(Child(word: word, path: { $0.child(word).index(index) }, schema: schema))
      }
    }
    return result
  }
}
