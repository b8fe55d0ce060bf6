import APIMachinery
import HTTPService

extension Registry {
  /// Asks admission about what is sent to a subresource and is not stored itself: an eviction, a request for a token, the
  /// options of a connection.
  /// - Parameter kind: the kind of what is sent.
  /// - Returns: what admission has made of it.
  func admit(
    _ object: JSONObject, _ kind: GroupVersionKind, _ operation: AdmissionRequest.Operation, _ target: ServedResource,
    _ context: RequestContext
  ) async throws -> JSONObject {
    let info = context.info
    var request = AdmissionRequest(
      operation: operation, resource: target, subresource: info.subresource, namespace: info.namespace, name: info.name,
      user: context.user, object: object, oldObject: nil, isDryRun: try context.isDryRun(), context: context, kind: kind
    )
    try await admission.mutate(&request)
    try await admission.validate(request)
    return request.object ?? object
  }
}

/// The options of a connection to a pod, a service or a node, as they stand in its query (`v1` PodExecOptions and the like).
enum ConnectOptions {
  static func object(_ query: Query, _ kind: GroupVersionKind) -> JSONObject {
    var options: JSONObject = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion)]
    for name in ["stdin", "stdout", "stderr", "tty"] {
      if let text = query[name] { options[name] = .bool(RequestInfo.isTrue(text)) }
    }
    for name in ["container", "path"] {
      if let text = query[name], !text.isEmpty { options[name] = .string(text) }
    }
    let command = query.all("command")
    if !command.isEmpty { options["command"] = .array(command.map { .string($0) }) }
    let ports = query.all("ports").compactMap { Int64($0) }
    if !ports.isEmpty { options["ports"] = .array(ports.map { .integer($0) }) }
    return options
  }
}
