import APIMachinery

/// Every built-in kind: its resource as discovery describes it, the schema of its objects, and what the API does with
/// them beyond a schema.
///
/// Made once, from the texts that are part of the binary; an error is a mistake in one of those.
public struct BuiltinKinds: Sendable {
  /// The definitions of all types, lists included.
  public let registry: SchemaRegistry
  /// Those of the group without a name first, then group by group; a resource of several versions has the preferred one first.
  public let resources: [ResourceDescription]
  /// The groups and their versions, the preferred one first, in the order in which discovery lists them.
  public let groupVersions: [GroupVersion]
  /// What a schema does not say of a type, by the definition's name.
  let facts: [String: TypeFacts]
  /// The types that fields of features that are off stand in, or below.
  let gatedDefinitions: Set<String>
  /// The types that fields which are served as null stand in, or below.
  let definitionsWithNulls: Set<String>
  private let positions: [GroupResource: Int]
  private let positionsOfKinds: [GroupKind: Int]
  /// The definitions of kinds, those that are only sent to subresources too.
  private let definitionNames: [GroupVersionKind: String]
  private let selectable: [GroupVersionKind: [SelectableField]]

  /// Reads the texts of the binary.
  public static func load() throws -> BuiltinKinds {
    try BuiltinKinds(KindDataTexts.read(), files: KindDataTexts.names)
  }

  /// - Throws: ``KindDataError`` where a text names what no text describes, `SchemaError` where the types do not fit.
  init(_ texts: [KindData], files: [String]) throws {
    var definitions = CommonDefinitions.schemas
    var facts: [String: TypeFacts] = [:]
    var definitionNames: [GroupVersionKind: String] = [:]
    let notes = SharedNotes()
    for (data, file) in zip(texts, files) {
      let builder = SchemaBuilder(data: data, file: file, notes: notes)
      for type in data.types {
        let name = "\(data.package).\(type.name)"
        definitions[name] = try builder.schema(of: type)
        facts[name] = try TypeFacts(type, builder)
        if type.form == .object, !data.isShared {
          let version = data.groupVersion
          definitionNames[
            GroupVersionKind(group: version.group, version: version.version, kind: type.name)] = name
        }
      }
      for kind in data.kinds where kind.verbs.contains(.list) {
        let name = "\(data.package).\(kind.kind)"
        definitions[name + "List"] = CommonDefinitions.list(of: kind.kind, definition: name)
      }
    }
    registry = try SchemaRegistry(definitions)
    self.facts = facts
    gatedDefinitions = facts.definitions { $0.disabledFeature != nil }
    definitionsWithNulls = facts.definitions { $0.isNull }
    self.definitionNames = definitionNames

    var resources: [ResourceDescription] = []
    var positions: [GroupResource: Int] = [:]
    var selectable: [GroupVersionKind: [SelectableField]] = [:]
    for (data, file) in zip(texts, files) where !data.isShared {
      let maker = ResourceMaker(data: data, file: file, texts: texts, registry: registry)
      for kind in data.kinds {
        let resource = try maker.resource(kind)
        selectable[resource.groupVersionKind(in: data.groupVersion.version)] = kind.selectable
        if let position = positions[resource.groupResource] {
          resources[position].versions.insert(contentsOf: resource.versions, at: data.isStorage ? 0 : 1)
        } else {
          positions[resource.groupResource] = resources.count
          resources.append(resource)
        }
      }
    }
    self.resources = resources
    self.positions = positions
    positionsOfKinds = Dictionary(
      resources.enumerated().map { (GroupKind(group: $1.group, kind: $1.kind), $0) },
      uniquingKeysWith: { first, _ in first })
    self.selectable = selectable
    // The version that objects are kept in is the one that clients should use.
    let served = texts.filter { !$0.isShared }
    groupVersions = (served.filter(\.isStorage) + served.filter { !$0.isStorage }).map(\.groupVersion)
  }

  /// The resource of that name; nil where there is none.
  public func resource(_ groupResource: GroupResource) -> ResourceDescription? {
    positions[groupResource].map { resources[$0] }
  }

  /// The resource whose objects are of a kind; nil where there is none.
  public func resource(of kind: GroupKind) -> ResourceDescription? {
    positionsOfKinds[kind].map { resources[$0] }
  }

  /// The name of a kind's definition, also of kinds that are only sent to subresources, such as `Eviction`; nil where no
  /// built-in kind is that.
  public func definitionName(of kind: GroupVersionKind) -> String? { definitionNames[kind] }

  /// The field that a selector names, such as `status.successful`; nil where objects of the kind cannot be selected by it.
  public func selectableField(_ name: String, of kind: GroupVersionKind) -> SelectableField? {
    selectable[kind]?.first { $0.name == name }
  }

  /// Whether objects of the kind can be selected by more than name and namespace.
  public func hasSelectableFields(_ kind: GroupVersionKind) -> Bool { !(selectable[kind] ?? []).isEmpty }
}
