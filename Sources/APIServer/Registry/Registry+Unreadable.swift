import APIMachinery
import KeyValueStore

/// What becomes of objects that are in the store and that nobody can read.
extension Registry {
  /// What a user must be allowed to do to an object that is to be removed unseen.
  private static let unsafeVerb = "unsafe-delete-ignore-read-errors"

  /// A list in which an object is missing is none, and so is a watch that cannot tell of it.
  /// - Throws: 500 that names what cannot be read.
  func requireReadable(
    _ target: ServedResource, namespace: String, _ selection: Selection = .all
  ) throws(StatusError) {
    guard store.hasUnreadable else { return }
    let prefix = target.prefix(namespace: namespace)
    var objects = cache(of: target).unreadable(below: prefix)
    if !target.resource.isNamespaced || !namespace.isEmpty, let name = selection.singleName {
      objects.removeAll { $0.key != prefix + name }
    }
    guard objects.isEmpty else { throw .unreadable(target.groupResource, objects) }
  }

  /// Removes an object that nobody can read: whatever holds it, its finalizers included, is not asked
  /// (`ignoreStoreReadErrorWithClusterBreakingPotential`; Kubernetes API concepts, "Force deletion").
  /// - Throws: 422 where it can be read, or is not there; 403 where the user may not.
  func deleteUnreadable(
    _ target: ServedResource, _ context: RequestContext, namespace: String, name: String, _ options: DeleteOptions
  ) async throws {
    context.annotate("apiserver.k8s.io/unsafe-delete-ignore-read-error", "")
    let place = target.groupResource
    if let reason = await context.refusal(of: Self.unsafeVerb) {
      throw StatusError.forbidden(place, name, "not permitted to do \(Self.unsafeVerb.goQuoted), reason: \(reason)")
    }
    try await store.settle()
    guard let object = cache(of: target).unreadable(target.key(namespace: namespace, name: name)) else {
      throw StatusError.invalid(
        GroupKind(group: place.group, kind: place.resource), name,
        [
          .invalid(
            FieldPath(DeleteOptions.ignoresReadErrorName), true,
            "is exclusively used to delete corrupt object(s), try again by removing this option")
        ])
    }
    // Those who watch over removals are asked, without the object that nobody can show them.
    let request = AdmissionRequest(
      operation: .delete, resource: target, subresource: "", namespace: namespace, name: name, user: context.user,
      object: nil, oldObject: nil, isDryRun: false, context: context, options: options.json)
    var mutable = request
    try await admission.mutate(&mutable)
    try await admission.validate(request)
    do {
      _ = try await store.commit(
        [.delete(key: object.key)], where: [.modRevision(key: object.key, equals: object.revision)])
    } catch let error as StoreError where error.code == .conflict {
      throw StatusError.conflict(place, name)
    }
  }
}
