import APIMachinery
import ClusterAPI
import HTTPService

extension Registry {
  /// Asks admission about what is sent to be acted upon and is not stored itself: a review, a binding, an eviction, a request
  /// for a token. It is told like any other creation: without what only the server says, and with who has set which field.
  /// - Parameters:
  ///   - kind: of what is sent.
  ///   - keepsIdentity: a uid that the client names stays: it says which object is meant.
  ///   - judge: whether it makes sense; asked when admission has changed it, and before admission refuses anything.
  /// - Returns: what admission has made of it.
  func admit(
    _ sent: JSONObject, _ kind: KindDescription, _ target: ServedResource, _ context: RequestContext,
    keepsIdentity: Bool = false, judge: (JSONObject) throws -> Void = { _ in }
  ) async throws -> JSONObject {
    let info = context.info
    let namespace = target.resource.isNamespaced ? info.namespace : ""
    var tree = JSONValue.object(sent)
    if let definition = kinds.definitionName(of: kind.groupVersionKind) {
      kinds.normalize(&tree, definition: definition)
    }
    var object = tree.objectValue ?? sent
    if !keepsIdentity { wipe(&object) }
    try ObjectPlace.checkNamespace(object, namespace)
    object.setMetadata("namespace", namespace.isEmpty ? nil : .string(namespace))
    OwnerReferences.unite(&object, context)
    await FieldOwnership.record(
      sent: &object, kind, kinds, manager: try context.fieldManager(), subresource: info.subresource)
    let owners = object["metadata"]?["managedFields"]
    var request = AdmissionRequest(
      operation: .create, resource: target, subresource: info.subresource, namespace: namespace,
      name: info.name.isEmpty ? object.objectName : info.name, user: context.user, object: object, oldObject: nil,
      isDryRun: try context.isDryRun(), context: context, kind: kind.groupVersionKind)
    try await admission.mutate(&request)
    object = request.object ?? object
    FieldOwnership.keep(owners, in: &object, context)
    OwnerReferences.unite(&object, context, afterAdmission: true)
    try judge(object)
    request.object = object
    try await admission.validate(request)
    return object
  }

  /// Asks admission about a connection.
  /// - Parameters:
  ///   - options: of the connection, as they stand in its query.
  ///   - kind: of the options.
  func admit(
    connection options: JSONObject, _ kind: GroupVersionKind, _ target: ServedResource, _ context: RequestContext
  ) async throws {
    let info = context.info
    var request = AdmissionRequest(
      operation: .connect, resource: target, subresource: info.subresource, namespace: info.namespace, name: info.name,
      user: context.user, object: options, oldObject: nil, isDryRun: false, context: context, kind: kind)
    try await admission.mutate(&request)
    try await admission.validate(request)
  }
}
