import APIMachinery
import ClusterAPI

extension Registry {
  /// Changes what is there into something else; called again on the newest state where somebody came between.
  typealias Change = (_ current: JSONObject) async throws -> JSONObject

  /// Replaces an object, or a part of it, by what a client sends (PUT).
  func update(
    _ submitted: JSONObject, _ target: ServedResource, _ context: RequestContext
  ) async throws -> Written {
    let info = context.info
    try ObjectPlace.check(submitted, target, info)
    do {
      return try await replace(by: submitted, target, context)
    } catch let error as StatusError
      where error.reason == .notFound && error.details?.kind == target.resource.plural && info.subresource.isEmpty
      && target.isMadeByReplacement
    {
      let uid = submitted.metadataText("uid")
      guard uid.isEmpty else {
        throw StatusError.conflict(
          target.groupResource, info.name,
          "Precondition failed: UID in precondition: \(uid), UID in object meta: ")
      }
      try await context.checkCreation()
      let new = try versionless(submitted)
      do { return try await create(new, target, context) } catch let error as StatusError
        where error.reason == .alreadyExists
      {
        // Somebody made it meanwhile.
        return try await replace(by: submitted, target, context)
      }
    }
  }

  private func replace(
    by submitted: JSONObject, _ target: ServedResource, _ context: RequestContext
  ) async throws -> Written {
    let info = context.info
    return try await change(target, context, manager: try context.fieldManager(), operation: .update) { _ in
      var object = submitted
      object.setMetadata("name", .string(info.name))
      object.setMetadata("namespace", target.resource.isNamespaced ? .string(info.namespace) : nil)
      OwnerReferences.unite(&object, context)
      return object
    }
  }

  /// The one path by which an object that exists is changed.
  /// - Parameters:
  ///   - operation: how the fields that change are recorded; an apply records its own.
  ///   - isAdmitted: admission was asked already about what brings the change about, and is not asked again.
  ///   - change: gives the new object in the request's version. A resource version or uid in it must be the current one.
  func change(
    _ target: ServedResource, _ context: RequestContext, manager: String, operation: FieldOwnership.Operation,
    isAdmitted: Bool = false, _ change: Change
  ) async throws -> Written {
    let info = context.info
    let isDryRun = try context.isDryRun()
    let strategy = strategies.of(target)
    return try await settling(context, target, info.name) {
      let stored = try find(target, namespace: info.namespace, name: info.name)
      let old = try await current(stored, target)
      var new = try await change(old)
      if info.verb != "patch" { try checkIdentity(new, old, target, info.name) }
      let emptied = self.emptied(in: new, target)
      let isReset = FieldOwnership.isReset(by: new, subresource: info.subresource, operation)
      new["kind"] = old["kind"]
      new["apiVersion"] = old["apiVersion"]
      // A count is set in what is there, which was read as its schema wants it.
      if !target.resource.isCustom || info.subresource != "scale" { ObjectDefaults.apply(to: &new, target, kinds) }
      if isReset { new.setMetadata("managedFields", .array([])) }
      if operation == .update {
        // What admission or a pool puts in afterwards belongs to no manager.
        await FieldOwnership.record(
          &new, old: old, target, conversion, manager: manager, subresource: info.subresource, emptied: emptied)
      }
      var request = AdmissionRequest(
        operation: .update, resource: target, subresource: info.subresource, namespace: info.namespace, name: info.name,
        user: context.user, object: new, oldObject: old, isDryRun: isDryRun, context: context)
      let owners = new["metadata"]?["managedFields"]
      // Admission changes what the client has sent: what cannot be written here is put right afterwards, and only then it
      // matters whether the client knew the newest state.
      if !isAdmitted { try await admission.mutate(&request) }
      new = request.object ?? new
      try checkVersion(new, old, target, info.name)
      FieldOwnership.keep(owners, in: &new, context)
      OwnerReferences.unite(&new, context, afterAdmission: true)
      let namespace = target.resource.isNamespaced ? info.namespace : ""
      try ObjectPlace.checkNamespace(new, namespace)
      new.setMetadata("namespace", namespace.isEmpty ? nil : .string(namespace))
      if target.resource.isCustom {
        // What admission has put in is completed; the part that this request does not write stays as it is.
        if info.subresource != "scale" { ObjectDefaults.apply(to: &new, target, kinds) }
        prepareForUpdate(&new, old, target, subresource: info.subresource)
      } else {
        prepareForUpdate(&new, old, target, subresource: info.subresource)
        ObjectDefaults.apply(to: &new, target, kinds)
      }
      let isGiven = strategy.givesOut && info.subresource.isEmpty
      let allocation = isGiven ? try strategy.allocation(for: &new, old: old, isDryRun: isDryRun) : nil
      defer { allocation?.end() }
      if GenerationRules.isChange(from: old, to: new, target, subresource: info.subresource, kinds) {
        new.setMetadata("generation", .integer(old.generation + 1))
      }
      request.object = new
      try validate(new, old: old, target, context, subresource: info.subresource, emptied: emptied)
      if !isAdmitted { try await admission.validate(request) }
      // Nothing is written where nothing changes: the version stays, and no watch hears of it.
      new = FieldManager.revertingTimes(of: new, to: old)
      if new == old, isCurrent(stored, target), !(try await store.isStale(stored.key)) {
        if store.isShared {
          // What is there may be another server's by now.
          try await store.settle()
          guard cache(of: target).get(stored.key)?.revision == stored.revision else { throw StaleWrite() }
        }
        return Written(bytes: try await bytes(stored, target), isNew: false)
      }
      if new.isBeingDeleted, new.finalizers.isEmpty, !strategy.isHeld(new), !strategy.awaitsEnd(new) {
        // The last one that held it has let go.
        try await erase(stored, target, isDryRun: isDryRun)
        let last = CachedObject(key: stored.key, CachedObject.stored(new).at(revision: stored.object.revision))
        return Written(bytes: try await bytes(last, target), isNew: false)
      }
      let written = try await write(new, target, key: stored.key, over: stored, isDryRun: isDryRun, with: allocation)
      return Written(bytes: try await bytes(written, target), isNew: false)
    }
  }

  /// An object as it is to be changed: in the request's version, and as it would be written today.
  private func current(_ stored: CachedObject, _ target: ServedResource) async throws(StatusError) -> JSONObject {
    var object = try await tree(stored, target)
    kinds.renew(&object, kind: target.groupVersionKind)
    return object
  }

  /// Repeats a change like `retrying`, and tells admission of each attempt what became of it.
  private func settling(
    _ context: RequestContext, _ target: ServedResource, _ name: String, _ body: () async throws -> Written
  ) async throws -> Written {
    try await retrying(target, namespace: context.info.namespace, name) {
      do {
        let written = try await body()
        await context.settlement.end(isWritten: true)
        return written
      } catch {
        await context.settlement.end(isWritten: false)
        throw error
      }
    }
  }

  /// A client may say which object it means: then no other one is replaced. What a patch says of that is no precondition,
  /// but a change that nobody may make.
  private func checkIdentity(
    _ new: JSONObject, _ old: JSONObject, _ target: ServedResource, _ name: String
  ) throws(StatusError) {
    let uid = new.metadataText("uid")
    guard uid.isEmpty || uid == old.metadataText("uid") else {
      throw .conflict(
        target.groupResource, name,
        "Precondition failed: UID in precondition: \(uid), UID in object meta: \(old.metadataText("uid"))")
    }
  }

  /// What a client wants to be there, without the version that it thinks of: there is none yet.
  func versionless(_ submitted: JSONObject) throws(StatusError) -> JSONObject {
    _ = try ResourceVersions.ofObject(submitted.metadataText("resourceVersion"))
    var new = submitted
    new.setMetadata("resourceVersion", nil)
    return new
  }

  /// A client may say which state it has changed, and of some resources it must: then no other one is replaced.
  private func checkVersion(
    _ new: JSONObject, _ old: JSONObject, _ target: ServedResource, _ name: String
  ) throws(StatusError) {
    let version = try ResourceVersions.ofObject(new.metadataText("resourceVersion"))
    guard version == 0 else {
      let current = try ResourceVersions.ofObject(old.metadataText("resourceVersion"))
      guard version == current else { throw .conflict(target.groupResource, name) }
      return
    }
    guard !target.isReplacedByVersionOnly else {
      throw .invalid(
        GroupKind(group: target.resource.group, kind: target.resource.plural), name,
        [.invalid(FieldPath("metadata", "resourceVersion"), 0, "must be specified for an update")])
    }
  }

  /// Members of the metadata that no update changes, whatever it says of them. To others it must say what they are.
  private static let fixedMetadata = ["creationTimestamp", "generation", "resourceVersion", "selfLink"]

  /// Keeps what a write at this place does not set.
  private func prepareForUpdate(
    _ new: inout JSONObject, _ old: JSONObject, _ target: ServedResource, subresource: String
  ) {
    let managed = new["metadata"]?["managedFields"]
    switch (subresource, target.resource.isCustom) {
    case ("binding", _), ("scale", _): break
    case (_, false):
      var tree = JSONValue.object(new)
      new = [:]
      kinds.complete(&tree, kind: target.groupVersionKind)
      kinds.prepareForUpdate(&tree, old: .object(old), kind: target.groupVersionKind, subresource: subresource)
      new = tree.objectValue ?? [:]
    case ("", true):
      if target.version.subresource("status") != nil { new["status"] = old["status"] }
    default:
      var changed = old
      changed["status"] = new["status"]
      new = changed
    }
    new.setMetadata("managedFields", managed)
    for name in Self.fixedMetadata { new.setMetadata(name, old["metadata"]?[name]) }
    if new.metadataText("uid").isEmpty { new.setMetadata("uid", old["metadata"]?["uid"]) }
    if old.isBeingDeleted { new.setMetadata("deletionTimestamp", old["metadata"]?["deletionTimestamp"]) }
    if (new["metadata"]?["deletionGracePeriodSeconds"] ?? .null).isNull {
      new.setMetadata("deletionGracePeriodSeconds", old["metadata"]?["deletionGracePeriodSeconds"])
    }
    new["kind"] = old["kind"]
    new["apiVersion"] = old["apiVersion"]
  }
}
