/// The operations of a resource in one version, in the order of their paths.
struct OpenAPIOperations {
  let resource: ResourceDescription
  let version: ResourceVersion

  private var groupVersion: GroupVersion { GroupVersion(group: resource.group, version: version.name) }
  private var kind: String { resource.kind }
  private var namespaced: String { resource.isNamespaced ? "Namespaced" : "" }

  private var root: String { Self.root(groupVersion) }

  static func root(_ groupVersion: GroupVersion) -> String {
    groupVersion.group.isEmpty ? "/api/\(groupVersion.version)" : "/apis/\(groupVersion.apiVersion)"
  }

  private var collection: String {
    root + (resource.isNamespaced ? "/namespaces/{namespace}" : "") + "/\(resource.plural)"
  }

  private var listDefinition: String {
    version.definitionName.hasSuffix(kind)
      ? String(version.definitionName.dropLast(kind.count)) + resource.listKind : version.definitionName + "List"
  }

  private var objectTypes: [String] {
    resource.isCustom ? OpenAPIOperation.customTypes : OpenAPIOperation.objectTypes
  }

  private var patchTypes: [String] {
    let all = [
      "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
      "application/apply-patch+yaml",
    ]
    return resource.isCustom ? [all[0], all[1], all[3]] : all
  }

  static let deleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
  static let status = "io.k8s.apimachinery.pkg.apis.meta.v1.Status"
  static let patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch"
  static let resourceList = "io.k8s.apimachinery.pkg.apis.meta.v1.APIResourceList"

  var all: [OpenAPIOperation] {
    collectionOperations + itemOperations + version.subresources.flatMap { operations(of: $0) }
  }

  private func makes(_ verb: ResourceVerb) -> Bool { version.verbs.contains(verb) }

  // MARK: The resource

  private var collectionOperations: [OpenAPIOperation] {
    var result: [OpenAPIOperation] = []
    if makes(.list) {
      if resource.isNamespaced {
        var all = list(path: "\(root)/\(resource.plural)", parameters: [])
        all.id = OpenAPINames.operation("list", kind + "ForAllNamespaces", in: groupVersion)
        result.append(all)
      }
      result.append(list(path: collection, parameters: scope))
    }
    if makes(.create) {
      result.append(
        operation(
          "post", collection, "create", "", "Creates \(OpenAPINames.withArticle(kind)).", action: "post",
          scope + OpenAPIParameter.write, body: object, statuses: [200, 201, 202]))
    }
    if makes(.deletecollection) {
      result.append(
        operation(
          "delete", collection, "delete", "collection", "Deletes the objects of the kind \(kind) that are chosen.",
          action: "deletecollection", scope + OpenAPIParameter.deleteCollection, body: Self.deletion,
          response: .definition(Self.status)))
    }
    return result
  }

  private func list(path: String, parameters: [OpenAPIParameter]) -> OpenAPIOperation {
    var result = operation(
      "get", path, "list", "", "Lists objects of the kind \(kind), or watches them.", action: "list",
      parameters + OpenAPIParameter.list, response: .definition(listDefinition))
    result.produces = resource.isCustom ? OpenAPIOperation.customTypes : OpenAPIOperation.watchTypes
    return result
  }

  private var itemOperations: [OpenAPIOperation] {
    let path = collection + "/{name}"
    var result: [OpenAPIOperation] = []
    if makes(.get) {
      result.append(operation("get", path, "read", "", "Reads the \(kind).", action: "get", item))
    }
    if makes(.update) {
      result.append(
        operation(
          "put", path, "replace", "", "Replaces the \(kind).", action: "put", item + OpenAPIParameter.write,
          body: object, statuses: [200, 201]))
    }
    if makes(.patch) {
      result.append(
        operation(
          "patch", path, "patch", "", "Changes parts of the \(kind).", action: "patch", item + OpenAPIParameter.patch,
          body: .init(payload: .definition(Self.patch), consumes: patchTypes), statuses: [200, 201]))
    }
    if makes(.delete) {
      result.append(
        operation(
          "delete", path, "delete", "", "Deletes \(OpenAPINames.withArticle(kind)).", action: "delete",
          item + OpenAPIParameter.delete, body: Self.deletion,
          response: resource.answersWithDeleted ? nil : .definition(Self.status), statuses: [200, 202]))
    }
    return result
  }

  // MARK: Subresources

  private func operations(of subresource: Subresource) -> [OpenAPIOperation] {
    if case .connect(let methods) = subresource.behaviour {
      return subresource.name == "log" ? [log(subresource)] : connections(subresource, methods)
    }
    let path = "\(collection)/{name}/\(subresource.name)"
    let payload = OpenAPIOperation.Payload.definition(subresource.kind.definitionName)
    let body = OpenAPIOperation.Body(payload: payload, consumes: bodyTypes)
    let name = subresource.name
    var result: [OpenAPIOperation] = []
    for verb in [ResourceVerb.get, .update, .patch, .create] where subresource.verbs.contains(verb) {
      var made: OpenAPIOperation
      switch verb {
      case .get:
        made = operation(
          "get", path, "read", "", "Reads \(name) of the \(kind).", action: "get", item, response: payload)
      case .update:
        made = operation(
          "put", path, "replace", "", "Replaces \(name) of the \(kind).", action: "put", item + OpenAPIParameter.write,
          body: body, response: payload, statuses: [200, 201])
      case .patch:
        made = operation(
          "patch", path, "patch", "", "Changes \(name) of the \(kind).", action: "patch",
          item + OpenAPIParameter.patch, body: .init(payload: .definition(Self.patch), consumes: patchTypes),
          response: payload, statuses: [200, 201])
      default:
        made = operation(
          "post", path, "create", "", "Creates \(name) of \(OpenAPINames.withArticle(kind)).", action: "post",
          item + OpenAPIParameter.write, body: body, response: payload, statuses: [200, 201, 202])
      }
      made.id += OpenAPINames.capitalized(name)
      made.kind = subresource.kind.groupVersionKind
      result.append(made)
    }
    return result
  }

  private func log(_ subresource: Subresource) -> OpenAPIOperation {
    var made = operation(
      "get", "\(collection)/{name}/\(subresource.name)", "read", "", "Reads the log of the \(kind).", action: "get",
      item + OpenAPIParameter.options("\(kind)LogOptions"), response: .text)
    made.id += OpenAPINames.capitalized(subresource.name)
    made.produces = ["text/plain"] + objectTypes
    return made
  }

  private func connections(_ subresource: Subresource, _ methods: [String]) -> [OpenAPIOperation] {
    let options = subresource.kind.groupVersionKind.kind
    let isProxy = options.hasSuffix("ProxyOptions")
    var result: [OpenAPIOperation] = []
    for withPath in isProxy ? [false, true] : [false] {
      let path = "\(collection)/{name}/\(subresource.name)" + (withPath ? "/{path}" : "")
      for method in methods {
        let described = "Passes \(method) requests on to \(subresource.name) of the \(kind)."
        var made = operation(
          method.lowercased(), path, "connect", OpenAPINames.capitalized(method), described, action: "connect",
          item + (withPath ? [OpenAPIParameter.path] : []) + OpenAPIParameter.options(options), response: .text)
        // A parameter of the path takes the place of one of the query.
        if withPath { made.parameters.removeAll { $0.name == "path" && $0.place == .query } }
        made.parameters.removeAll { $0 == OpenAPIParameter.pretty }
        made.id += OpenAPINames.capitalized(subresource.name) + (withPath ? "WithPath" : "")
        made.kind = subresource.kind.groupVersionKind
        made.produces = ["*/*"]
        result.append(made)
      }
    }
    return result
  }

  // MARK: Parts

  private var scope: [OpenAPIParameter] { resource.isNamespaced ? [.namespace] : [] }
  private var item: [OpenAPIParameter] { [.name(of: kind)] + scope }
  private var bodyTypes: [String] { resource.isCustom ? OpenAPIOperation.customTypes : ["*/*"] }

  private var object: OpenAPIOperation.Body {
    .init(payload: .definition(version.definitionName), consumes: bodyTypes)
  }

  private static let deletion = OpenAPIOperation.Body(
    payload: .definition(deleteOptions), consumes: ["*/*"], isRequired: false)

  private func operation(
    _ method: String, _ path: String, _ verb: String, _ prefix: String, _ description: String, action: String,
    _ parameters: [OpenAPIParameter], body: OpenAPIOperation.Body? = nil,
    response: OpenAPIOperation.Payload? = nil, statuses: [Int] = [200]
  ) -> OpenAPIOperation {
    OpenAPIOperation(
      path: path, method: method, id: OpenAPINames.operation(verb, prefix + namespaced + kind, in: groupVersion),
      tag: OpenAPINames.tag(groupVersion), description: description, action: action,
      kind: resource.groupVersionKind(in: version.name), parameters: parameters + [OpenAPIParameter.pretty], body: body,
      response: response ?? .definition(version.definitionName), statuses: statuses, produces: objectTypes)
  }
}
