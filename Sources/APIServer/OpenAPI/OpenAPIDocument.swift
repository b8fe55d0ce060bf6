import APIMachinery
import ClusterAPI

/// The description of one group's version (OpenAPI 3.0): which paths there are, and what their objects look like.
struct OpenAPIDocument {
  let groupVersion: GroupVersion
  let resources: [ServedResource]
  let registry: SchemaRegistry

  func json() -> JSONValue {
    var names: Set<String> = []
    var paths = JSONObject()
    for served in resources {
      for (path, item) in OpenAPIPaths(served).items() { paths[path] = item }
      names.insert(served.version.definitionName)
      names.insert(served.version.definitionName + "List")
      for subresource in served.version.subresources { names.insert(subresource.kind.definitionName) }
    }
    for name in ["DeleteOptions", "Status", "APIResourceList", "WatchEvent", "Patch"] {
      names.insert("io.k8s.apimachinery.pkg.apis.meta.v1.\(name)")
    }
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": "unversioned"], "paths": .object(paths),
      "components": ["schemas": .object(schemas(names))],
    ]
  }

  /// The definitions of these names and all that they refer to.
  private func schemas(_ names: Set<String>) -> JSONObject {
    var kinds: [String: [GroupVersionKind]] = [:]
    var own: [String: Schema] = [:]
    for served in resources {
      let kind = served.groupVersionKind
      kinds[served.version.definitionName, default: []].append(kind)
      kinds[served.version.definitionName + "List", default: []].append(
        GroupVersionKind(group: kind.group, version: kind.version, kind: served.resource.listKind))
      if served.resource.isCustom {
        own[served.version.definitionName] = CustomDefinition.schema(served)
        own[served.version.definitionName + "List"] = CustomDefinition.list(served)
      }
    }
    var result = JSONObject()
    var remaining = names.sorted()
    var seen = names
    let writer = SchemaWriter(.version3)
    while let name = remaining.popLast() {
      guard let schema = own[name] ?? registry[name] else { continue }
      var written = writer.object(schema)
      if let kinds = kinds[name] {
        written["x-kubernetes-group-version-kind"] = .array(kinds.map(OpenAPIPaths.json))
      }
      result[name] = .object(written)
      var nodes = [schema]
      while let node = nodes.popLast() {
        if let reference = node.reference, seen.insert(reference.name).inserted { remaining.append(reference.name) }
        nodes += node.children
      }
    }
    return JSONObject(result.sorted { $0.0 < $1.0 })
  }
}

/// A custom kind as other kinds are described: with the members that every object has.
enum CustomDefinition {
  private static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1"

  static func schema(_ served: ServedResource) -> Schema {
    let schema = served.version.schema
    let given = schema.properties.filter { !["apiVersion", "kind", "metadata"].contains($0.name) }
    return Schema(
      .object,
      properties: typeMembers + [SchemaProperty("metadata", reference("\(meta).ObjectMeta", "About the object."))]
        + given,
      required: schema.required, additionalProperties: schema.additionalProperties, description: schema.description,
      preservesUnknownFields: schema.preservesUnknownFields, validationRules: schema.validationRules)
  }

  static func list(_ served: ServedResource) -> Schema {
    Schema(
      .object,
      properties: typeMembers + [
        SchemaProperty("metadata", reference("\(meta).ListMeta", "About the list.")),
        SchemaProperty(
          "items",
          Schema(
            .array, items: Schema(reference: SchemaReference(served.version.definitionName)),
            description: "The objects."),
          required: true),
      ], description: "A list of objects of the kind \(served.resource.kind).")
  }

  private static var typeMembers: [SchemaProperty] {
    [
      SchemaProperty(
        "apiVersion", Schema(.string, description: "The API group and version that the object is written in.")),
      SchemaProperty("kind", Schema(.string, description: "What kind of object this is.")),
    ]
  }

  private static func reference(_ name: String, _ description: String) -> Schema {
    Schema(reference: SchemaReference(name), description: description)
  }
}
