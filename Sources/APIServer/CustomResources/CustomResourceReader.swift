import APIMachinery

/// From a CustomResourceDefinition to the description of its resource: the same that built-in kinds have.
enum CustomResourceReader {
  /// - Throws: `SchemaError` where a version's schema cannot be used.
  static func resource(_ definition: JSONObject) throws -> ResourceDescription {
    let spec = definition["spec"]
    let names = spec?["names"]
    func text(_ value: JSONValue?, _ name: String) -> String { value?[name]?.stringValue ?? "" }
    func strings(_ value: JSONValue?) -> [String] { (value?.arrayValue ?? []).compactMap(\.stringValue) }
    let group = text(spec, "group")
    let kind = text(names, "kind")
    let reversed = group.split(separator: ".").reversed().joined(separator: ".")
    let preserves = spec?["preserveUnknownFields"]?.boolValue ?? false
    let versions = try (spec?["versions"]?.arrayValue ?? []).map { version -> ResourceVersion in
      let name = text(version, "name")
      let definitionName = "\(reversed).\(name).\(kind)"
      let schema = try schema(version, preserves: preserves)
      var served = ResourceVersion(
        name: name, isServed: version["served"]?.boolValue ?? false, isStorage: version["storage"]?.boolValue ?? false,
        isDeprecated: version["deprecated"]?.boolValue ?? false,
        deprecationWarning: version["deprecationWarning"]?.stringValue, definitionName: definitionName,
        schema: schema,
        subresources: subresources(
          version["subresources"],
          KindDescription(
            GroupVersionKind(group: group, version: name, kind: kind), definitionName: definitionName,
            schema: schema)),
        printerColumns: (version["additionalPrinterColumns"]?.arrayValue ?? []).map(column),
        selectableFields: (version["selectableFields"]?.arrayValue ?? []).map { text($0, "jsonPath") },
        resetFields: version["subresources"]?["status"] == nil ? [] : [["status"]])
      served.schemaStamp = stamps.stamp(definitionName, [version["schema"] ?? .null, .bool(preserves)])
      return served
    }
    let singular = text(names, "singular")
    return ResourceDescription(
      group: group, plural: text(names, "plural"), singular: singular.isEmpty ? kind.lowercased() : singular,
      kind: kind,
      listKind: text(names, "listKind").isEmpty ? nil : text(names, "listKind"),
      shortNames: strings(names?["shortNames"]),
      categories: strings(names?["categories"]), isNamespaced: text(spec, "scope") == "Namespaced", isCustom: true,
      versions: versions)
  }

  private static let stamps = SchemaStamps()

  private static func schema(_ version: JSONValue, preserves: Bool) throws -> Schema {
    guard let text = version["schema"]?["openAPIV3Schema"], !preserves else {
      return Schema(.object, preservesUnknownFields: true)
    }
    return try SchemaReader(.customResource).schema(text)
  }

  private static func subresources(_ value: JSONValue?, _ kind: KindDescription) -> [Subresource] {
    var found: [Subresource] = []
    if value?["status"] != nil {
      found.append(
        Subresource(
          name: "status", kind: kind, verbs: [.get, .patch, .update], behaviour: .status,
          resetFields: [["metadata"], ["spec"]]))
    }
    if let scale = value?["scale"] {
      let scaleKind = KindDescription(
        GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"),
        definitionName: "io.k8s.api.autoscaling.v1.Scale", schema: Schema(.object, preservesUnknownFields: true))
      found.append(
        Subresource(
          name: "scale", kind: scaleKind, verbs: [.get, .patch, .update],
          behaviour: .scale(
            ScalePaths(
              specReplicas: scale["specReplicasPath"]?.stringValue ?? "",
              statusReplicas: scale["statusReplicasPath"]?.stringValue ?? "",
              labelSelector: scale["labelSelectorPath"]?.stringValue))))
    }
    return found
  }

  private static func column(_ value: JSONValue) -> PrinterColumn {
    func text(_ name: String) -> String { value[name]?.stringValue ?? "" }
    let path = text("jsonPath")
    let description = text("description")
    return PrinterColumn(
      name: text("name"), type: text("type"), format: text("format"),
      description: description.isEmpty
        ? "Custom resource definition column (in JSONPath format): \(path)" : description,
      priority: Int(value["priority"]?.integerValue ?? 0), source: .path(text("jsonPath")))
  }
}
