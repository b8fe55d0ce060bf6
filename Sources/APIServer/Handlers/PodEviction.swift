import APIMachinery
import HTTPService

/// Removes a pod where its disruption budgets allow it (`policy/v1` Eviction).
struct PodEviction {
  let handler: ResourceHandler

  private static let condition: JSONObject = [
    "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
  ]

  /// - Parameter kind: of the object that asks for it.
  func respond(_ eviction: JSONObject, _ kind: KindDescription, _ form: ResponseForm) async throws -> Response {
    let (registry, target, context) = (handler.registry, handler.target, handler.context)
    let (namespace, name) = (context.info.namespace, context.info.name)
    let admitted = try await registry.admit(eviction, kind, target, context) { eviction in
      guard eviction.objectName == name else {
        throw StatusError.badRequest("name in URL does not match name in Eviction object")
      }
    }
    let pod = try registry.find(target, namespace: namespace, name: name)
    var options = try DeleteOptions(admitted["deleteOptions"] ?? [:])
    options.isDryRun = try options.isDryRun || context.isDryRun()
    try await EvictionBudget(registry: registry, isDryRun: options.isDryRun).spend(on: pod)
    if !pod.object.header.isBeingDeleted, !options.isDryRun { try await markDisrupted(name, options) }
    // The eviction was admitted, and the removal is what it asks for.
    _ = try await registry.delete(target, context, namespace: namespace, name: name, options, isAdmitted: true)
    return try Answer.object(Answer.created, form, registry.kinds, status: .created)
  }

  /// Says in the pod's status why it goes: its controller may count it in another way than a failure.
  private func markDisrupted(_ name: String, _ options: DeleteOptions) async throws {
    let status = handler.context.of(handler.target, name: name, subresource: "status")
    _ = try await handler.registry.change(
      handler.target, status, manager: try status.fieldManager(), operation: .unnoted, isAdmitted: true
    ) { pod in
      // Another pod of that name is none of ours: the removal tells.
      guard options.uid == nil || options.uid == pod.metadataText("uid") else { return pod }
      guard options.resourceVersion == nil else { return pod }
      var pod = pod
      pod.setCondition(Self.condition)
      return pod
    }
  }
}
