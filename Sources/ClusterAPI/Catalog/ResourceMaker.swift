import APIMachinery

/// Makes the description of a resource of what a text says of its kind.
struct ResourceMaker {
  let data: KindData
  let file: String
  let texts: [KindData]
  let registry: SchemaRegistry

  func resource(_ entry: KindEntry) throws(KindDataError) -> ResourceDescription {
    let kind = try described(entry.kind, line: entry.line)
    let hasStatus = entry.subresources.contains { $0.name == "status" }
    var subresources: [Subresource] = []
    for part in entry.subresources {
      subresources.append(
        Subresource(
          name: part.name,
          kind: try part.kind.map { name throws(KindDataError) in try payload(name, part, entry) } ?? kind,
          verbs: part.verbs, behaviour: part.behaviour,
          resetFields: part.reset ?? (part.behaviour == .status ? resetByStatus(kind.groupVersionKind) : [])))
    }
    let version = ResourceVersion(
      name: data.groupVersion.version, isStorage: data.isStorage, isDeprecated: entry.deprecation != nil,
      deprecationWarning: entry.deprecation, definitionName: kind.definitionName, schema: kind.schema,
      verbs: entry.verbs, subresources: subresources, printerColumns: entry.columns,
      selectableFields: entry.selectable.map { ".\($0.name)" },
      resetFields: (hasStatus ? [["status"]] : []) + entry.reset)
    return ResourceDescription(
      group: data.groupVersion.group, plural: entry.plural, singular: entry.singular, kind: entry.kind,
      shortNames: entry.shortNames, categories: entry.categories, isNamespaced: entry.isNamespaced,
      versions: [version], storedAs: entry.storedAs.map { GroupResource(group: "", resource: $0) })
  }

  /// What a write of the status does not set.
  private func resetByStatus(_ kind: GroupVersionKind) -> [[String]] {
    let kept = Preparations.of(kind).keptByStatus
    // Where all is kept that clients say, nothing of the metadata is anybody's.
    return [["spec"]] + (kept == Preparation.clientMetadata ? [["metadata"]] : kept.map { ["metadata", $0] })
  }

  /// What a subresource takes: a kind of this text, or of another as `policy/v1.Eviction`. The options of streams are no
  /// definitions: they come as parameters of the request.
  private func payload(
    _ name: String, _ part: SubresourceEntry, _ entry: KindEntry
  ) throws(KindDataError) -> KindDescription {
    if case .connect = part.behaviour {
      return KindDescription(kindOf(name, data), definitionName: "\(data.package).\(name)", schema: Schema(.object))
    }
    let parts = name.split(separator: ".")
    guard name.contains("/"), let kind = parts.last, kind.count < name.count else {
      return try described(name, line: entry.line)
    }
    let apiVersion = name.dropLast(kind.count + 1)
    guard let other = texts.first(where: { $0.groupVersion.apiVersion == apiVersion }) else {
      throw KindDataError(.unknownType, "no text describes \(apiVersion)", file: file, line: entry.line)
    }
    return try described(String(kind), in: other, line: entry.line)
  }

  private func kindOf(_ name: String, _ data: KindData) -> GroupVersionKind {
    GroupVersionKind(group: data.groupVersion.group, version: data.groupVersion.version, kind: name)
  }

  private func described(_ kind: String, in data: KindData? = nil, line: Int) throws(KindDataError) -> KindDescription {
    let data = data ?? self.data
    let name = "\(data.package).\(kind)"
    guard let schema = registry[name] else {
      throw KindDataError(.unknownType, "no type describes the kind \(kind)", file: file, line: line)
    }
    return KindDescription(kindOf(kind, data), definitionName: name, schema: schema)
  }
}
