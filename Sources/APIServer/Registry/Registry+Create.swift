import APIMachinery
import ClusterAPI

extension Registry {
  /// Makes an object.
  /// - Parameters:
  ///   - submitted: as the client sent it, decoded by ``BodyReader``.
  ///   - isApplied: it comes from an apply, which has noted who owns its fields.
  /// - Throws: 409 where there is one of that name, 422 where it is not valid, and what admission refuses.
  func create(
    _ submitted: JSONObject, _ target: ServedResource, _ context: RequestContext, isApplied: Bool = false
  ) async throws -> Written {
    var object = submitted
    let namespace = target.resource.isNamespaced ? context.info.namespace : ""
    try ObjectPlace.checkNamespace(object, namespace)
    object.setMetadata("namespace", namespace.isEmpty ? nil : .string(namespace))
    let isDryRun = try context.isDryRun()
    let strategy = strategies.of(target)
    wipe(&object)
    let emptied = self.emptied(in: object, target)
    var request = AdmissionRequest(
      operation: .create, resource: target, subresource: "", namespace: namespace, name: object.objectName,
      user: context.user, object: object, oldObject: nil, isDryRun: isDryRun, context: context)
    request.emptied = emptied
    let (admitted, isComplete) = try await mutated(&request, target, context, emptied: emptied, isApplied: isApplied)
    let base = admitted.metadataText("generateName")
    let isGenerated = admitted.objectName.isEmpty && !base.isEmpty
    for attempt in 1... {
      var candidate = admitted
      if isGenerated { candidate.setMetadata("name", .string(Identifiers.name(from: base))) }
      prepareForCreate(&candidate, target, submitted: isComplete ? submitted : nil)
      strategy.settle(&candidate, for: context.user)
      let allocation = strategy.givesOut ? try strategy.allocation(for: &candidate, old: nil, isDryRun: isDryRun) : nil
      defer { allocation?.end() }
      request.object = candidate
      if isGenerated { request.name = candidate.objectName }
      let key = target.key(namespace: namespace, name: candidate.objectName)
      do {
        try validate(candidate, old: nil, target, context, emptied: emptied)
        try await admission.validate(request)
        if !isDryRun { try refuseRevision(admitted) }
        var present = cache(of: target).get(key)
        if present != nil, store.isShared {
          // Another server may have removed it.
          try await store.settle()
          present = cache(of: target).get(key)
        }
        if present != nil {
          // What cannot be converted is told before that something is there already.
          _ = try await stored(candidate, target)
          throw StaleWrite()
        }
        let written = try await write(candidate, target, key: key, over: nil, isDryRun: isDryRun, with: allocation)
        await context.settlement.end(isWritten: !isDryRun)
        return Written(bytes: try await bytes(written, target), isNew: true)
      } catch {
        await context.settlement.end(isWritten: false)
        guard let stale = error as? StaleWrite else { throw error }
        if let changed = stale.key, changed != key, attempt < Self.mostAttempts {
          // Another server was faster to take what was to be given out.
          try await store.settle()
          continue
        }
        guard isGenerated, attempt < 8 else { throw refusal(of: candidate, target, key) }
      }
    }
    throw StatusError.internalError("a creation ended without an answer")
  }

  /// What is to be made has no revision yet: a client that gives one takes it for an object that is there. What is no
  /// number says nothing (`storage.ErrResourceVersionSetOnCreate`).
  private func refuseRevision(_ object: JSONObject) throws(StatusError) {
    guard let revision = ResourceVersions.number(object.metadataText("resourceVersion")), revision != 0 else { return }
    throw StatusError(.unknown, "resourceVersion should not be set on objects to be created", code: 500)
  }

  /// Why an object is not made whose name is another one's.
  private func refusal(of object: JSONObject, _ target: ServedResource, _ key: String) -> StatusError {
    let (place, name) = (target.groupResource, object.objectName)
    var error =
      object.metadataText("generateName").isEmpty
      ? StatusError.alreadyExists(place, name) : StatusError.generateNameConflict(place, name)
    if cache(of: target).get(key)?.object.header.isBeingDeleted == true {
      error.message = "object is being deleted: \(error.message)"
    }
    return error
  }

  /// Takes out what a client says of what only the server knows: nobody reads it, mutating admission included.
  func wipe(_ object: inout JSONObject) {
    for name in ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"] {
      object.setMetadata(name, nil)
    }
  }

  /// The object as mutating admission leaves it, and whether that has changed nothing, so that it has its defaults and its
  /// form. Admission sees what the client has sent, with defaults and the note of who owns which field: a name that is to be
  /// generated and a uid are given afterwards.
  private func mutated(
    _ request: inout AdmissionRequest, _ target: ServedResource, _ context: RequestContext, emptied: EmptiedFields,
    isApplied: Bool
  ) async throws -> (object: JSONObject, isComplete: Bool) {
    var object = request.object ?? [:]
    ObjectDefaults.apply(to: &object, target, kinds)
    OwnerReferences.unite(&object, context)
    if !isApplied {
      await FieldOwnership.record(
        &object, old: nil, target, conversion, manager: try context.fieldManager(), subresource: "", emptied: emptied)
    }
    let owners = object["metadata"]?["managedFields"]
    request.object = object
    if target.resource.isCustom, !target.version.verbs.contains(.create) {
      throw StatusError.forbidden(
        target.groupResource, object.objectName,
        "create not allowed while custom resource definition is terminating")
    }
    try await admission.mutate(&request)
    let isComplete = request.object == object
    object = request.object ?? object
    FieldOwnership.keep(owners, in: &object, context)
    try ObjectPlace.checkNamespace(object, request.namespace)
    object.setMetadata("namespace", request.namespace.isEmpty ? nil : .string(request.namespace))
    OwnerReferences.unite(&object, context, afterAdmission: true)
    return (object, isComplete)
  }

  /// What the server alone says of a new object.
  /// - Parameter submitted: as the client sent it, where admission has changed nothing, so that its defaults are filled in;
  ///   nil otherwise.
  private func prepareForCreate(_ object: inout JSONObject, _ target: ServedResource, submitted: JSONObject?) {
    object.setMetadata("uid", .string(Identifiers.uid()))
    object.setMetadata("creationTimestamp", .string(Timestamp.now.description))
    for name in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"] {
      object.setMetadata(name, nil)
    }
    guard !target.resource.isCustom else {
      object.setMetadata("generation", 1)
      if target.version.subresource("status") != nil { object["status"] = nil }
      ObjectDefaults.apply(to: &object, target, kinds)
      return
    }
    var tree = JSONValue.object(object)
    object = [:]
    // What admission has put in has its defaults too.
    if submitted == nil { kinds.complete(&tree, kind: target.groupVersionKind) }
    kinds.prepareForCreate(&tree, kind: target.groupVersionKind, submitted: submitted)
    object = tree.objectValue ?? [:]
  }
}
