import APIMachinery
import HTTPService

/// Subresources that act on an object or write a part of it.
struct ActionHandler {
  let handler: ResourceHandler
  let subresource: Subresource

  func respond(_ form: ResponseForm) async throws -> Response {
    let place = "\(handler.target.groupResource)/\(subresource.name)"
    switch (handler.target.groupResource.description, subresource.name) {
    case ("namespaces", "finalize"): return try await part(["spec"], form)
    case ("certificatesigningrequests.certificates.k8s.io", "approval"): return try await part(["status"], form)
    case ("pods", "ephemeralcontainers"), ("pods", "resize"): return try await part(["spec"], form)
    case ("pods", "binding"): return try await bind(form)
    case ("pods", "eviction"): return try await evict(form)
    case ("serviceaccounts", "token"): return try await issueToken(form)
    default:
      throw StatusError(.methodNotAllowed, "\(place) is not served by this server", code: 405)
    }
  }

  /// Reads, or writes some top-level members of, the object itself.
  private func part(_ members: [String], _ form: ResponseForm) async throws -> Response {
    let (registry, target, context) = (handler.registry, handler.target, handler.context)
    switch context.info.verb {
    case "get":
      let object = try registry.find(target, namespace: context.info.namespace, name: context.info.name)
      return try handler.answer(try await registry.bytes(object, target), form)
    case "patch":
      let written = try await registry.patch(
        try PatchKind(contentType: handler.request.headers["Content-Type"], target), try await handler.requestBody(),
        target, context, handler.reader)
      return try handler.answer(written.bytes, form)
    default:
      let object = try handler.reader.object(try await handler.requestBody(), target)
      let written = try await registry.change(
        target, context, manager: try context.fieldManager(), operation: .update
      ) { current in
        var new = current
        for name in members { new[name] = object[name] }
        for name in ["resourceVersion", "uid", "managedFields"] {
          if let value = object["metadata"]?[name] { new.setMetadata(name, value) }
        }
        return new
      }
      return try handler.answer(written.bytes, form)
    }
  }

  /// Issues a token for an account (`authentication.k8s.io/v1` TokenRequest).
  private func issueToken(_ form: ResponseForm) async throws -> Response {
    guard let accounts = handler.accounts else {
      throw StatusError.internalError("this server issues no tokens for service accounts")
    }
    let account = try handler.registry.find(
      handler.target, namespace: handler.info.namespace, name: handler.info.name)
    let request = try handler.reader.object(
      try await handler.requestBody(), handler.target, kind: subresource.kind)
    let admitted = try await handler.registry.admit(
      request, subresource.kind.groupVersionKind, .create, handler.target, handler.context)
    let answer = try accounts.issue(admitted, for: account)
    return try Answer.object(answer, form, handler.registry.kinds, status: .created)
  }

  /// Puts a pod on a node (`v1` Binding).
  private func bind(_ form: ResponseForm) async throws -> Response {
    let (registry, target, context) = (handler.registry, handler.target, handler.context)
    let binding = try handler.reader.object(try await handler.requestBody(), target, kind: subresource.kind)
    let kind = binding["target"]?["kind"]?.stringValue ?? ""
    guard kind.isEmpty || kind == "Node" else {
      throw StatusError.invalid(
        GroupKind(group: "", kind: "Binding"), context.info.name,
        [.notSupported(FieldPath("target", "kind"), .string(kind), ["Node", "<empty>"])])
    }
    guard let node = binding["target"]?["name"]?.stringValue, !node.isEmpty else {
      throw StatusError.invalid(
        GroupKind(group: "", kind: "Binding"), context.info.name, [.required(FieldPath("target", "name"))])
    }
    let uid = binding["metadata"]?["uid"]?.stringValue ?? ""
    _ = try await registry.change(target, context, manager: try context.fieldManager(), operation: .update) { pod in
      var pod = pod
      guard uid.isEmpty || uid == pod.metadataText("uid") else {
        throw StatusError.conflict(target.groupResource, context.info.name, "the pod has another uid by now")
      }
      let present = pod["spec"]?["nodeName"]?.stringValue ?? ""
      guard present.isEmpty else {
        throw StatusError.conflict(
          target.groupResource, context.info.name,
          "pod \(context.info.name) is already assigned to node \(present.goQuoted)")
      }
      guard !pod.isBeingDeleted else {
        throw StatusError.conflict(
          target.groupResource, context.info.name,
          "pod \(context.info.name) is being deleted, cannot be assigned to a host")
      }
      var spec = pod["spec"]?.objectValue ?? [:]
      spec["nodeName"] = .string(node)
      pod["spec"] = .object(spec)
      var status = pod["status"]?.objectValue ?? [:]
      var conditions = (status["conditions"]?.arrayValue ?? []).filter { $0["type"] != "PodScheduled" }
      conditions.append([
        "type": "PodScheduled", "status": "True", "lastProbeTime": .null,
        "lastTransitionTime": .string(Timestamp.now.description),
      ])
      status["conditions"] = .array(conditions)
      pod["status"] = .object(status)
      return pod
    }
    return try Answer.object(Self.success, form, registry.kinds, status: .created)
  }

  private static let success: JSONObject = [
    "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "code": 201,
  ]

  /// Removes a pod where its disruption budgets allow it (`policy/v1` Eviction).
  private func evict(_ form: ResponseForm) async throws -> Response {
    let (registry, target, context) = (handler.registry, handler.target, handler.context)
    let eviction = try handler.reader.object(try await handler.requestBody(), target, kind: subresource.kind)
    let pod = try registry.find(target, namespace: context.info.namespace, name: context.info.name)
    let admitted = try await registry.admit(
      eviction, subresource.kind.groupVersionKind, .create, target, context)
    var options = try DeleteOptions(admitted["deleteOptions"] ?? [:])
    options.isDryRun = try options.isDryRun || context.isDryRun()
    try await EvictionBudget(registry: registry, isDryRun: options.isDryRun).spend(on: pod)
    _ = try await registry.delete(
      target, context, namespace: context.info.namespace, name: context.info.name, options)
    return try Answer.object(Self.success, form, registry.kinds, status: .created)
  }
}
