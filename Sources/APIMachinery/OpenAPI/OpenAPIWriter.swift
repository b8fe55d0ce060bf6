/// Writes operations as the paths of a document.
struct OpenAPIWriter {
  let isVersion2: Bool

  func paths(_ operations: [OpenAPIOperation]) -> JSONObject {
    var order: [String] = []
    var byPath: [String: [OpenAPIOperation]] = [:]
    for operation in operations {
      if byPath[operation.path] == nil { order.append(operation.path) }
      byPath[operation.path, default: []].append(operation)
    }
    var paths = JSONObject()
    for path in order.sorted() { paths[path] = .object(item(byPath[path] ?? [])) }
    return paths
  }

  /// What all operations of a path take stands beside them.
  private func item(_ operations: [OpenAPIOperation]) -> JSONObject {
    var common = Set(operations.first?.parameters ?? [])
    for operation in operations.dropFirst() { common.formIntersection(operation.parameters) }
    var object = JSONObject()
    for operation in operations {
      object[operation.method] = .object(
        self.operation(operation, operation.parameters.filter { !common.contains($0) }))
    }
    if !common.isEmpty { object["parameters"] = .array(Self.sorted(Array(common)).map(parameter)) }
    return object
  }

  private static func sorted(_ parameters: [OpenAPIParameter]) -> [OpenAPIParameter] {
    parameters.sorted { ($0.name, $0.place.rawValue) < ($1.name, $1.place.rawValue) }
  }

  private func operation(_ operation: OpenAPIOperation, _ parameters: [OpenAPIParameter]) -> JSONObject {
    var object: JSONObject = [
      "tags": [.string(operation.tag)], "description": .string(operation.description),
      "operationId": .string(operation.id),
    ]
    var list = Self.sorted(parameters).map(parameter)
    if let body = operation.body {
      if isVersion2 {
        list.append(Self.bodyParameter(body, schema(body.payload)))
      } else {
        object["requestBody"] = requestBody(body)
      }
    }
    if !list.isEmpty { object["parameters"] = .array(list) }
    if isVersion2 {
      if let types = operation.body?.consumes ?? (operation.action == "connect" ? ["*/*"] : nil) {
        object["consumes"] = .array(types.map { .string($0) })
      }
      object["produces"] = .array(operation.produces.map { .string($0) })
      object["schemes"] = ["https"]
    }
    var responses = JSONObject()
    for status in operation.statuses { responses[String(status)] = response(operation, status) }
    responses["401"] = ["description": .string(OpenAPIOperation.text(of: 401))]
    object["responses"] = .object(responses)
    if let action = operation.action { object["x-kubernetes-action"] = .string(action) }
    if let kind = operation.kind {
      object["x-kubernetes-group-version-kind"] = OpenAPIDefinitions.value(kind)
    }
    return object
  }

  private func schema(_ payload: OpenAPIOperation.Payload) -> JSONValue {
    switch payload {
    case .definition(let name):
      ["$ref": .string((isVersion2 ? "#/definitions/" : "#/components/schemas/") + name)]
    case .text: ["type": "string"]
    }
  }

  private func content(_ types: [String], _ payload: OpenAPIOperation.Payload) -> JSONValue {
    .object(JSONObject(types.map { ($0, ["schema": schema(payload)]) }))
  }

  private func response(_ operation: OpenAPIOperation, _ status: Int) -> JSONValue {
    var object: JSONObject = ["description": .string(OpenAPIOperation.text(of: status))]
    if isVersion2 {
      object["schema"] = schema(operation.response)
    } else {
      object["content"] = content(operation.produces, operation.response)
    }
    return .object(object)
  }

  private func requestBody(_ body: OpenAPIOperation.Body) -> JSONValue {
    var object: JSONObject = ["content": content(body.consumes, body.payload)]
    if body.isRequired { object["required"] = true }
    return .object(object)
  }

  private static func bodyParameter(_ body: OpenAPIOperation.Body, _ schema: JSONValue) -> JSONValue {
    var object: JSONObject = ["name": "body", "in": "body", "schema": schema]
    if body.isRequired { object["required"] = true }
    return .object(object)
  }

  private func parameter(_ parameter: OpenAPIParameter) -> JSONValue {
    var object: JSONObject = [
      "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
      "description": .string(parameter.description),
    ]
    if parameter.place == .path { object["required"] = true }
    if isVersion2 {
      object["type"] = .string(parameter.type)
      object["uniqueItems"] = true
    } else {
      object["schema"] = ["type": .string(parameter.type), "uniqueItems": true]
    }
    return .object(object)
  }
}
