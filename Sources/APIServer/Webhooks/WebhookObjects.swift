import APIMachinery
import ClusterAPI

/// Brings objects into the version that a webhook reads, and what it has made of one back.
struct WebhookObjects {
  let registry: Registry

  /// An object in a kind of another version.
  func object(
    _ object: JSONObject?, as kind: GroupVersionKind, of target: ServedResource
  ) async throws(StatusError) -> JSONObject? {
    guard let object, object["apiVersion"]?.stringValue != kind.apiVersion else { return object }
    return try await registry.converted(object, to: kind, target)
  }

  /// What a patch has made of an object, checked and completed as if a client had sent it; unknown members are gone.
  ///
  /// - Parameters:
  ///   - form: of the object that was patched; its kind may be one that only a subresource has.
  /// - Throws: 500 where the patch does not apply, or makes something that is no such object.
  func patched(
    _ object: JSONObject, by patch: JSONPatch, _ kind: GroupVersionKind, _ form: WebhookForm, _ target: ServedResource
  ) throws(StatusError) -> JSONObject {
    let result: JSONValue
    do { result = try patch.applied(to: .object(object)) } catch {
      throw .internalError(error.message)
    }
    guard case .object(let members) = result else { throw .internalError("the patch leaves no object") }
    return try completed(members, kind, form, target)
  }

  /// An object that something has been made of, checked and completed as if a client had sent it.
  /// - Parameter isStrict: members that a built-in kind has not are an error, and not left out.
  /// - Throws: 500 where it is no such object, 422 where a custom one is of another kind.
  func completed(
    _ changed: JSONObject, _ kind: GroupVersionKind, _ form: WebhookForm, _ target: ServedResource,
    isStrict: Bool = false
  ) throws(StatusError) -> JSONObject {
    try PatchedKind(kinds: registry.kinds, expected: kind, target: target).check(changed)
    var members = changed
    members["kind"] = .string(kind.kind)
    members["apiVersion"] = .string(kind.apiVersion)
    guard form.isObject, kind.kind == target.resource.kind else { return members }
    let place = registry.catalog.snapshot.resource(of: kind) ?? target
    var tree = JSONValue.object(members)
    if !target.resource.isCustom {
      do {
        try TypeChecker.check(tree, by: place.version.schema, definitionName: place.version.definitionName)
      } catch { throw .internalError(error.message) }
    }
    Defaulter.removeNulls(from: &tree, by: place.version.schema)
    let unknown = Pruner(metadata: registry.kinds.registry["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"])
      .prune(&tree, by: place.version.schema, isEmbeddedResource: target.resource.isCustom)
    if isStrict, !target.resource.isCustom, !unknown.isEmpty {
      let fields = unknown.map { "unknown field \($0.goQuoted)" }.joined(separator: ", ")
      throw .internalError("strict decoding error: \(fields)")
    }
    var complete = tree.objectValue
    ObjectDefaults.apply(to: &complete, place, registry.kinds)
    return complete ?? members
  }
}
