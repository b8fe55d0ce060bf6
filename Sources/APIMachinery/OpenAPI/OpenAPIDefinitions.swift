/// The definitions of a document: those that operations name, and all that these refer to.
struct OpenAPIDefinitions {
  private let registry: SchemaRegistry
  /// Definitions of custom kinds, which are in no registry.
  private let custom: [String: Schema]
  private let kinds: [String: [GroupVersionKind]]
  private let selectableFields: [String: [String]]

  init(_ registry: SchemaRegistry, _ resources: [ResourceDescription]) {
    self.registry = registry
    var custom: [String: Schema] = [:]
    var kinds: [String: Set<GroupVersionKind>] = [:]
    var fields: [String: [String]] = [:]
    let metadata = registry.reference(to: Self.objectMeta, description: Schema.metadataText)
    for resource in resources {
      for version in resource.versions where version.isServed {
        let kind = resource.groupVersionKind(in: version.name)
        kinds[version.definitionName, default: []].insert(kind)
        for subresource in version.subresources {
          if case .connect = subresource.behaviour { continue }
          kinds[subresource.kind.definitionName, default: []].insert(subresource.kind.groupVersionKind)
        }
        if version.verbs.contains(.list) {
          let list = String(version.definitionName.dropLast(resource.kind.count)) + resource.listKind
          kinds[list, default: []].insert(
            GroupVersionKind(group: kind.group, version: kind.version, kind: resource.listKind))
          if resource.isCustom { custom[list] = Self.list(of: version.definitionName, resource) }
        }
        if resource.isCustom {
          custom[version.definitionName] = metadata.map { Self.published(version.schema, $0) } ?? version.schema
          if !version.selectableFields.isEmpty { fields[version.definitionName] = version.selectableFields }
        }
        // Those of custom kinds are not told: each would change the documents of all.
        for name in ["DeleteOptions", "WatchEvent"] where !resource.isCustom {
          kinds[Self.meta + name, default: []].insert(
            GroupVersionKind(group: kind.group, version: kind.version, kind: name))
        }
      }
    }
    for name in ["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status"] {
      kinds[Self.meta + name, default: []].insert(GroupVersionKind(group: "", version: "v1", kind: name))
    }
    self.custom = custom
    self.kinds = kinds.mapValues { kinds in
      kinds.sorted { ($0.group, $0.version, $0.kind) < ($1.group, $1.version, $1.kind) }
    }
    selectableFields = fields
  }

  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."
  private static let objectMeta = meta + "ObjectMeta"

  /// A kind without a schema of its own says nothing: had it metadata alone, clients would refuse all else.
  private static func published(_ schema: Schema, _ metadata: Schema) -> Schema {
    let saysNothing = schema.properties.isEmpty && schema.preservesUnknownFields && schema.description == nil
    return saysNothing ? Schema(.object) : schema.withObjectMetadata(metadata)
  }

  private static func list(of definition: String, _ resource: ResourceDescription) -> Schema {
    Schema(
      .object,
      properties: [
        SchemaProperty("apiVersion", Schema(.string, description: "The API group and version of the list.")),
        SchemaProperty("kind", Schema(.string, description: "What kind of list this is.")),
        SchemaProperty(
          "metadata", Schema(reference: SchemaReference(meta + "ListMeta"), description: "About the list as a whole.")),
        SchemaProperty(
          "items",
          Schema(.array, items: Schema(reference: SchemaReference(definition)), description: "The objects."),
          required: true),
      ],
      description: "A list of objects of the kind \(resource.kind).")
  }

  func schema(_ name: String) -> Schema? { custom[name] ?? registry[name] }

  /// The definitions that are reached from some, by their names in order.
  func closure(of names: some Sequence<String>) -> [(name: String, schema: Schema)] {
    var found: [String: Schema] = [:]
    var remaining = Array(names)
    while let name = remaining.popLast() {
      guard found[name] == nil, let schema = schema(name) else { continue }
      found[name] = schema
      var nodes = [schema]
      while let node = nodes.popLast() {
        if let reference = node.reference { remaining.append(reference.name) }
        nodes += node.children
      }
    }
    return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// A definition as a document has it, with the kinds that it describes.
  func value(_ name: String, _ schema: Schema, _ dialect: SchemaWriter.Dialect) -> JSONValue {
    let isCustom = custom[name] != nil
    var object = SchemaWriter(dialect, isCustom: isCustom).object(
      isCustom && dialect == .version2 ? schema.forVersion2(isRoot: true) : schema)
    if let kinds = kinds[name] { object["x-kubernetes-group-version-kind"] = .array(kinds.map(Self.value)) }
    if let fields = selectableFields[name] {
      object["x-kubernetes-selectable-fields"] = .array(
        fields.map { ["fieldPath": .string($0.hasPrefix(".") ? String($0.dropFirst()) : $0)] })
    }
    return .object(object)
  }

  static func value(_ kind: GroupVersionKind) -> JSONValue {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
  }
}

extension Schema {
  /// Without what version 2 lacks: its readers take a value that may be null, or holds unknown fields, for any value.
  func forVersion2(isRoot: Bool = false) -> Schema {
    if isRoot, preservesUnknownFields { return Schema(.object) }
    if reference != nil { return self }
    let isAny = isNullable || preservesUnknownFields
    let members =
      isAny
      ? []
      : properties.map { SchemaProperty($0.name, $0.schema.forVersion2(), required: $0.isRequired) }
    let nullable = Set(properties.filter(\.schema.isNullable).map(\.name))
    var others = additionalProperties
    var asked = required.filter { !nullable.contains($0) }
    if case .schema(let schema) = additionalProperties {
      others = .schema(schema.forVersion2())
      if schema.isNullable { asked = [] }
    }
    var limits = rules
    limits?.allOf = []
    return Schema(
      isAny && (isNullable || type == .object || type == .array) ? nil : type, properties: members, required: asked,
      additionalProperties: others, items: isAny ? nil : items?.forVersion2(), description: description,
      format: format, preservesUnknownFields: preservesUnknownFields, isEmbeddedResource: isEmbeddedResource,
      listType: listType, listMapKeys: listMapKeys, mapType: mapType, patchStrategy: patchStrategy,
      patchMergeKey: patchMergeKey, rules: limits, validationRules: validationRules, unions: unions, notes: notes)
  }
}
