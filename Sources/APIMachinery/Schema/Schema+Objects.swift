extension Schema {
  /// A custom kind's schema with what every object has and the schema does not say: `apiVersion`, `kind` and
  /// `metadata`, at the root and in embedded resources. So it is published, and so owners of fields see it.
  ///
  /// - Parameter metadata: the schema of object metadata, or a reference to it.
  public func withObjectMetadata(_ metadata: Schema) -> Schema { withMembers(of: metadata, isObject: true) }

  private func withMembers(of metadata: Schema, isObject: Bool) -> Schema {
    let isObject = isObject || isEmbeddedResource
    let implied = ["apiVersion", "kind", "metadata"]
    var members = properties.map {
      SchemaProperty($0.name, $0.schema.withMembers(of: metadata, isObject: false), required: $0.isRequired)
    }
    if isObject {
      members.removeAll { implied.contains($0.name) }
      members = Self.typeMembers + [SchemaProperty("metadata", metadata)] + members
    }
    // An object inside another one says what it is; that of the request is told by its path.
    let missing = isEmbeddedResource ? ["kind", "apiVersion"].filter { !required.contains($0) } : []
    let others: AdditionalProperties? =
      if case .schema(let schema) = additionalProperties {
        .schema(schema.withMembers(of: metadata, isObject: false))
      } else {
        additionalProperties
      }
    return Schema(
      type, reference: reference, properties: members, required: required + missing, additionalProperties: others,
      items: items?.withMembers(of: metadata, isObject: false), description: description, default: defaultValue,
      nullable: isNullable, hasZeroValue: hasZeroValue, format: format, preservesUnknownFields: preservesUnknownFields,
      isEmbeddedResource: isEmbeddedResource, listType: listType, listMapKeys: listMapKeys, mapType: mapType,
      patchStrategy: patchStrategy, patchMergeKey: patchMergeKey, rules: rules, validationRules: validationRules,
      unions: unions, notes: notes)
  }

  /// The members by which every object says what it is. Kubernetes' conformance tests look for the first words of the text
  /// about the version in what `kubectl explain` prints, and for those of ``metadataText``.
  public static let typeMembers = [
    SchemaProperty(
      "apiVersion",
      Schema(
        .string, description: "APIVersion defines the API group and version that the object is written in.",
        notes: typeMeta)),
    SchemaProperty("kind", Schema(.string, description: "What kind of object this is.", notes: typeMeta)),
  ]

  private static let typeMeta = SchemaNotes(embeddedIn: "TypeMeta")

  /// What is said about the member `metadata` of every object.
  public static let metadataText =
    "Standard object's metadata: name, labels, annotations and all else that every object has."
}
