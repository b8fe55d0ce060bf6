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
    guard object.metadataText("resourceVersion").isEmpty else {
      throw StatusError.badRequest("resourceVersion should not be set on objects to be created")
    }
    let base = object.metadataText("generateName")
    let isGenerated = object.objectName.isEmpty && !base.isEmpty
    let isDryRun = try context.isDryRun()
    let manager = try context.fieldManager()
    for attempt in 1... {
      var candidate = object
      if isGenerated { candidate.setMetadata("name", .string(Identifiers.name(from: base))) }
      let owners = isApplied ? candidate["metadata"]?["managedFields"] : nil
      begin(&candidate, target)
      OwnerReferences.unite(&candidate, context)
      // What is put in from here on, by strategies, admission or pools, belongs to no manager.
      if isApplied {
        candidate.setMetadata("managedFields", owners)
      } else {
        await FieldOwnership.record(&candidate, old: nil, target, conversion, manager: manager, subresource: "")
      }
      prepareForCreate(&candidate, target)
      var request = AdmissionRequest(
        operation: .create, resource: target, subresource: "", namespace: namespace, name: candidate.objectName,
        user: context.user, object: candidate, oldObject: nil, isDryRun: isDryRun, context: context)
      try await admission.mutate(&request)
      if target.groupResource == CertificateRequests.resource {
        CertificateRequests.stamp(&request.object, context.user)
      }
      ObjectDefaults.apply(to: &request.object, target, kinds)
      candidate = request.object ?? candidate
      OwnerReferences.unite(&candidate, context, afterAdmission: true)
      if PodRules.applies(to: target) { PodRules.setQuality(of: &candidate) }
      let isGiven = givesOut(target)
      let allocation = isGiven ? try services?.begin(&candidate, old: nil, isDryRun: isDryRun) : nil
      defer { allocation?.end() }
      if isGiven { request.object = candidate }
      try validate(candidate, old: nil, target, context)
      try await admission.validate(request)
      let key = target.key(namespace: namespace, name: candidate.objectName)
      do {
        if let present = cache(of: target).get(key), isDryRun || !present.name.isEmpty { throw StaleWrite() }
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
        guard isGenerated else { throw StatusError.alreadyExists(target.groupResource, candidate.objectName) }
        if attempt >= 8 { throw StatusError.generateNameConflict(target.groupResource, candidate.objectName) }
      }
    }
    throw StatusError.internalError("a creation ended without an answer")
  }

  /// An object as its client means it: with the metadata that every new one has, and its defaults.
  private func begin(_ object: inout JSONObject, _ target: ServedResource) {
    object.setMetadata("uid", .string(Identifiers.uid()))
    object.setMetadata("creationTimestamp", .string(Timestamp.now.description))
    for name in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion", "managedFields"] {
      object.setMetadata(name, nil)
    }
    if NamespaceRules.applies(to: target) { NamespaceRules.label(&object) }
    ObjectDefaults.apply(to: &object, target, kinds)
  }

  /// What the server alone says of a new object.
  private func prepareForCreate(_ object: inout JSONObject, _ target: ServedResource) {
    guard !target.resource.isCustom else {
      object.setMetadata("generation", 1)
      if target.version.subresource("status") != nil { object["status"] = nil }
      return
    }
    var tree = JSONValue.object(object)
    object = [:]
    kinds.prepareForCreate(&tree, kind: target.groupVersionKind)
    object = tree.objectValue ?? [:]
  }
}
