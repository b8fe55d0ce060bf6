import APIMachinery

/// The paths of one resource with their operations.
struct OpenAPIPaths {
  private let served: ServedResource

  init(_ served: ServedResource) { self.served = served }

  static func json(_ kind: GroupVersionKind) -> JSONValue {
    ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
  }

  func items() -> [(String, JSONValue)] {
    let resource = served.resource
    let root = served.groupVersionKind.groupVersion.path
    let collection =
      resource.isNamespaced ? "\(root)/namespaces/{namespace}/\(resource.plural)" : "\(root)/\(resource.plural)"
    var result: [(String, JSONValue)] = []
    let scope = resource.isNamespaced ? "Namespaced" : ""
    result.append((collection, item([.list, .create, .deletecollection], scope: scope, named: false)))
    if served.version.verbs.contains(.get) || served.version.verbs.contains(.update) {
      result.append(
        ("\(collection)/{name}", item([.get, .update, .delete, .patch], scope: scope, named: true)))
    }
    if resource.isNamespaced, served.version.verbs.contains(.list) {
      result.append(("\(root)/\(resource.plural)", item([.list], scope: "", suffix: "ForAllNamespaces", named: false)))
    }
    for subresource in served.version.subresources {
      result.append(
        (
          "\(collection)/{name}/\(subresource.name)",
          item([.get, .create, .update, .patch], scope: scope, below: subresource, named: true)
        ))
    }
    return result
  }

  private func item(
    _ verbs: [ResourceVerb], scope: String, suffix: String = "", below subresource: Subresource? = nil, named: Bool
  ) -> JSONValue {
    var item = JSONObject()
    let allowed = subresource?.verbs ?? served.version.verbs
    for verb in verbs where allowed.contains(verb) {
      item[Self.method(verb)] = operation(verb, scope: scope, suffix: suffix, below: subresource)
    }
    var parameters: [JSONValue] = []
    if named { parameters.append(Self.parameter("name", place: "path", "The object's name.")) }
    if served.resource.isNamespaced, suffix.isEmpty {
      parameters.append(Self.parameter("namespace", place: "path", "The namespace of the object."))
    }
    parameters.append(Self.parameter("pretty", place: "query", "Indents the answer."))
    item["parameters"] = .array(parameters)
    return .object(item)
  }

  private static func method(_ verb: ResourceVerb) -> String {
    switch verb {
    case .get, .list, .watch: "get"
    case .create: "post"
    case .update: "put"
    case .patch: "patch"
    case .delete, .deletecollection: "delete"
    }
  }

  private static func word(_ verb: ResourceVerb) -> String {
    switch verb {
    case .get: "read"
    case .update: "replace"
    case .deletecollection: "deleteCollection"
    default: verb.rawValue
    }
  }

  private static func action(_ verb: ResourceVerb) -> String {
    switch verb {
    case .create: "post"
    case .update: "put"
    default: verb.rawValue
    }
  }

  private static func parameter(
    _ name: String, place: String, type: String = "string", _ description: String
  ) -> JSONValue {
    [
      "name": .string(name), "in": .string(place), "description": .string(description),
      "required": .bool(place == "path"),
      "schema": ["type": .string(type), "uniqueItems": true],
    ]
  }

  private static let writeParameters: [JSONValue] = [
    parameter("dryRun", place: "query", "All: nothing is written."),
    parameter("fieldManager", place: "query", "Who owns the fields that are written."),
    parameter(
      "fieldValidation", place: "query", "What becomes of unknown and duplicate fields: Ignore, Warn or Strict."),
  ]

  private static let listParameters: [JSONValue] = [
    parameter("continue", place: "query", "Where the next page begins."),
    parameter("fieldSelector", place: "query", "Only objects with these fields."),
    parameter("labelSelector", place: "query", "Only objects with these labels."),
    parameter("limit", place: "query", type: "integer", "Objects in a page at most."),
    parameter("resourceVersion", place: "query", "Which state is shown."),
    parameter("resourceVersionMatch", place: "query", "How exactly."),
    parameter("timeoutSeconds", place: "query", type: "integer", "How long it may take."),
    parameter("watch", place: "query", type: "boolean", "Changes instead of a list."),
    parameter("allowWatchBookmarks", place: "query", type: "boolean", "A watch tells how far it is."),
    parameter("sendInitialEvents", place: "query", type: "boolean", "A watch begins with what is there."),
  ]

  private static let patchTypes = [
    "application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json",
    "application/strategic-merge-patch+json",
  ]

  private func operation(
    _ verb: ResourceVerb, scope: String, suffix: String, below subresource: Subresource?
  ) -> JSONValue {
    let kind = subresource?.kind.groupVersionKind ?? served.groupVersionKind
    let group = Self.groupName(served.resource.group)
    let version = Self.capitalized(served.version.name)
    let tail = subresource.map { $0.name.split(separator: "/").map { Self.capitalized(String($0)) }.joined() } ?? ""
    let collection = verb == .deletecollection ? "Collection" : ""
    let identifier =
      (verb == .deletecollection ? "delete" : Self.word(verb)) + group + version + collection + scope
      + served.resource.kind + tail + suffix
    let definition = subresource?.kind.definitionName ?? served.version.definitionName
    let answer =
      verb == .list
      ? definition + "List"
      : verb == .delete || verb == .deletecollection
        ? "io.k8s.apimachinery.pkg.apis.meta.v1.Status" : definition
    var operation: JSONObject = [
      "tags": [.string(Self.lowerFirst(group) + "_" + served.version.name)], "operationId": .string(identifier),
      "description": .string("\(Self.word(verb)) \(served.resource.kind)"),
      "responses": [
        "200": [
          "description": "OK",
          "content": ["application/json": ["schema": ["$ref": .string("#/components/schemas/" + answer)]]],
        ],
        "401": ["description": "Unauthorized"],
      ],
      "x-kubernetes-action": .string(Self.action(verb)), "x-kubernetes-group-version-kind": Self.json(kind),
    ]
    var parameters: [JSONValue] = []
    switch verb {
    case .list: parameters = Self.listParameters
    case .create, .update: parameters = Self.writeParameters
    case .patch:
      parameters =
        Self.writeParameters + [
          Self.parameter("force", place: "query", type: "boolean", "Takes fields from other managers.")
        ]
    case .deletecollection: parameters = Self.listParameters + [Self.writeParameters[0]]
    default: break
    }
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    if let body = body(verb, definition) { operation["requestBody"] = body }
    return .object(operation)
  }

  private func body(_ verb: ResourceVerb, _ definition: String) -> JSONValue? {
    func content(_ types: [String], _ name: String) -> JSONValue {
      [
        "content": .object(
          JSONObject(types.map { ($0, ["schema": ["$ref": .string("#/components/schemas/" + name)]]) })),
        "required": .bool(verb != .delete),
      ]
    }
    switch verb {
    case .create, .update: return content(["application/json"], definition)
    case .patch:
      let types = served.resource.isCustom ? Array(Self.patchTypes.dropLast()) : Self.patchTypes
      return content(types, "io.k8s.apimachinery.pkg.apis.meta.v1.Patch")
    case .delete, .deletecollection:
      return content(["application/json"], "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions")
    default: return nil
    }
  }

  private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
  private static func lowerFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

  /// `Core`, `Apps`, `RbacAuthorization`; a custom group in all its parts.
  static func groupName(_ group: String) -> String {
    if group.isEmpty { return "Core" }
    let trimmed = group.hasSuffix(".k8s.io") ? String(group.dropLast(7)) : group
    return trimmed.split(separator: ".").map { capitalized(String($0)) }.joined()
  }
}
