import APIMachinery
import ClusterAPI

/// The one document of OpenAPI 2.0 (Swagger) with everything in it, for older clients.
struct OpenAPIVersion2 {
  let kinds: BuiltinKinds
  let snapshot: ResourceCatalog.Snapshot

  func json() -> JSONValue {
    let writer = SchemaWriter(.version2)
    var all: [GroupVersion: [ServedResource]] = [:]
    var kindsOf: [String: [GroupVersionKind]] = [:]
    var definitions = kinds.registry.definitions
    var paths = JSONObject()
    for groupVersion in snapshot.groupVersions {
      let resources = snapshot.resources(groupVersion)
      all[groupVersion] = resources
      for served in resources {
        let kind = served.groupVersionKind
        kindsOf[served.version.definitionName, default: []].append(kind)
        kindsOf[served.version.definitionName + "List", default: []].append(
          GroupVersionKind(group: kind.group, version: kind.version, kind: served.resource.listKind))
        if served.resource.isCustom {
          definitions[served.version.definitionName] = CustomDefinition.schema(served)
          definitions[served.version.definitionName + "List"] = CustomDefinition.list(served)
        }
        for (path, item) in OpenAPIPaths(served).items() { paths[path] = Self.version2(item) }
      }
    }
    var written = JSONObject()
    for (name, schema) in definitions.sorted(by: { $0.key < $1.key }) {
      var object = writer.object(schema)
      if let kinds = kindsOf[name] { object["x-kubernetes-group-version-kind"] = .array(kinds.map(OpenAPIPaths.json)) }
      written[name] = .object(object)
    }
    return [
      "swagger": "2.0", "info": ["title": "Kubernetes", "version": "unversioned"], "paths": .object(paths),
      "definitions": .object(written),
    ]
  }

  /// An operation's parameters, body and answers as that version writes them.
  private static func version2(_ item: JSONValue) -> JSONValue {
    guard case .object(let members) = item else { return item }
    var result = JSONObject()
    for (name, value) in members {
      guard name != "parameters", case .object(var operation) = value else {
        result[name] = .array((value.arrayValue ?? []).map(parameter))
        continue
      }
      var parameters = (operation["parameters"]?.arrayValue ?? []).map(parameter)
      if let body = operation.remove("requestBody"), let content = body["content"]?.objectValue {
        operation["consumes"] = .array(content.keys.map { .string($0) })
        if let schema = content.keys.first.flatMap({ content[$0] })?["schema"] {
          parameters.append([
            "name": "body", "in": "body", "required": body["required"] ?? true, "schema": reference(schema),
          ])
        }
      }
      if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
      var responses = JSONObject()
      for (code, response) in operation["responses"]?.objectValue ?? [:] {
        var answer: JSONObject = ["description": response["description"] ?? ""]
        if let schema = response["content"]?["application/json"]?["schema"] { answer["schema"] = reference(schema) }
        responses[code] = .object(answer)
      }
      operation["responses"] = .object(responses)
      operation["produces"] = ["application/json"]
      operation["schemes"] = ["https"]
      result[name] = .object(operation)
    }
    return .object(result)
  }

  private static func parameter(_ value: JSONValue) -> JSONValue {
    guard case .object(var parameter) = value, let schema = parameter.remove("schema") else { return value }
    parameter["type"] = schema["type"]
    parameter["uniqueItems"] = true
    return .object(parameter)
  }

  private static func reference(_ schema: JSONValue) -> JSONValue {
    guard let text = schema["$ref"]?.stringValue else { return schema }
    return ["$ref": .string(text.replacing("#/components/schemas/", with: "#/definitions/"))]
  }
}
