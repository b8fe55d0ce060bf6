import APIMachinery
import HTTPService

/// Puts a pod on a node (`v1` Binding): by the pod's subresource, or by the older resource `bindings`.
struct PodBinding {
  let handler: ResourceHandler

  static let resource = GroupResource(group: "", resource: "bindings")
  private static let pods = GroupVersion(group: "", version: "v1")
  /// What conflicts are told of.
  private static let place = GroupResource(group: "", resource: "pods/binding")

  /// - Parameter kind: of what is sent.
  func respond(_ sent: JSONObject, _ kind: KindDescription, _ form: ResponseForm) async throws -> Response {
    let registry = handler.registry
    let named = handler.info.name
    var node = ""
    let binding = try await registry.admit(sent, kind, handler.target, handler.context, keepsIdentity: true) {
      binding in
      guard named.isEmpty || binding.objectName == named else {
        throw StatusError.badRequest("name in URL does not match name in Binding object")
      }
      node = try target(of: binding)
    }
    guard let pods = registry.catalog.snapshot.resource(Self.pods, "pods") else { throw StatusError.noSuchPath() }
    let context = handler.context.of(pods, name: binding.objectName, subresource: "binding")
    _ = try await registry.change(
      pods, context, manager: try context.fieldManager(), operation: .unnoted, isAdmitted: true
    ) { try Self.bound($0, to: node, by: binding) }
    for warning in context.warnings { handler.context.warn(warning) }
    return try Answer.object(Answer.created, form, registry.kinds, status: .created)
  }

  private func target(of binding: JSONObject) throws(StatusError) -> String {
    let kind = binding["target"]?["kind"]?.stringValue ?? ""
    guard kind.isEmpty || kind == "Node" else {
      throw Self.refusal(.notSupported(FieldPath("target", "kind"), .string(kind), ["Node", "<empty>"]))
    }
    guard let node = binding["target"]?["name"]?.stringValue, !node.isEmpty else {
      throw Self.refusal(.required(FieldPath("target", "name")))
    }
    return node
  }

  /// kube-apiserver tells it as a failure of its own.
  private static func refusal(_ error: FieldError) -> StatusError {
    StatusError(StatusReason(rawValue: ""), error.description, code: 500)
  }

  /// The pod on its node.
  /// - Throws: 409 where it is another pod, goes, has a node or must not have one yet.
  static func bound(_ pod: JSONObject, to node: String, by binding: JSONObject) throws(StatusError) -> JSONObject {
    let name = pod.objectName
    for (member, word) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
      let wanted = binding.metadataText(member)
      guard wanted.isEmpty || wanted == pod.metadataText(member) else {
        throw .conflict(
          place, name,
          "Precondition failed: \(word) in precondition: \(wanted), \(word) in object meta: \(pod.metadataText(member))"
        )
      }
    }
    guard !pod.isBeingDeleted else {
      throw .conflict(place, name, "pod \(name) is being deleted, cannot be assigned to a host")
    }
    var spec = pod["spec"]?.objectValue ?? [:]
    if let present = spec["nodeName"]?.stringValue, !present.isEmpty {
      throw .conflict(place, name, "pod \(name) is already assigned to node \(present.goQuoted)")
    }
    guard (spec["schedulingGates"]?.arrayValue ?? []).isEmpty else {
      throw .conflict(place, name, "pod \(name) has non-empty .spec.schedulingGates")
    }
    var pod = pod
    spec["nodeName"] = .string(node)
    pod["spec"] = .object(spec)
    for member in ["annotations", "labels"] {
      guard let more = binding["metadata"]?[member]?.objectValue, !more.isEmpty else { continue }
      var values = pod["metadata"]?[member]?.objectValue ?? [:]
      for (key, value) in more { values[key] = value }
      pod.setMetadata(member, .object(values))
    }
    pod.setCondition(["type": "PodScheduled", "status": "True"])
    var status = pod["status"]?.objectValue ?? [:]
    status["nominatedNodeName"] = nil
    pod["status"] = .object(status)
    return pod
  }
}

extension RequestContext {
  /// The same request, as it would be by the path of another object.
  func of(_ target: ServedResource, name: String, subresource: String) -> RequestContext {
    var info = info
    info.group = target.resource.group
    info.version = target.version.name
    info.resource = target.resource.plural
    info.name = name
    info.subresource = subresource
    return RequestContext(info: info, user: user, query: query, headers: headers)
  }
}

extension JSONObject {
  /// Puts a condition in the status, in the place of one of its type. The time of the last transition stays where the
  /// condition is as it was.
  mutating func setCondition(_ condition: JSONObject) {
    var status = self["status"]?.objectValue ?? [:]
    var conditions = status["conditions"]?.arrayValue ?? []
    let index = conditions.firstIndex { $0["type"] == condition["type"] }
    var condition = condition
    let before = index.flatMap { conditions[$0]["status"] == condition["status"] ? conditions[$0] : nil }
    condition["lastProbeTime"] = .null
    condition["lastTransitionTime"] = before?["lastTransitionTime"] ?? .string(Timestamp.now.description)
    if let index { conditions[index] = .object(condition) } else { conditions.append(.object(condition)) }
    status["conditions"] = .array(conditions)
    self["status"] = .object(status)
  }
}
