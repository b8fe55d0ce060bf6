import APIMachinery

extension Registry {
  /// What a removal has done.
  enum Removed {
    /// Gone: what it was.
    case gone(CachedObject)
    /// Marked: it goes when its time is over and its finalizers are done.
    case going([UInt8])
  }

  /// Removes an object, or marks it as going where something has to be done first.
  func delete(
    _ target: ServedResource, _ context: RequestContext, namespace: String, name: String, _ options: Deletion
  ) async throws -> Removed {
    let isDryRun = try context.isDryRun()
    return try await retrying(target, name) {
      let stored = try find(target, namespace: namespace, name: name)
      let old = try await tree(stored, target)
      if let uid = options.uid, uid != stored.uid {
        throw StatusError.conflict(
          target.groupResource, name,
          "Precondition failed: UID in precondition: \(uid), UID in object meta: \(stored.uid)")
      }
      if let version = options.resourceVersion, version != String(stored.revision) {
        throw StatusError.conflict(
          target.groupResource, name,
          "Precondition failed: ResourceVersion in precondition: \(version), ResourceVersion in object meta: \(stored.revision)"
        )
      }
      let request = AdmissionRequest(
        operation: .delete, resource: target, subresource: "", namespace: namespace, name: name, user: context.user,
        object: nil, oldObject: old, isDryRun: isDryRun, context: context, options: options.json)
      var mutable = request
      try await admission.mutate(&mutable)
      try await admission.validate(request)

      var new = old
      new.setFinalizers(finalizers(of: old, options))
      let grace = options.gracePeriod(of: old, target)
      let isNamespace = target.groupResource == GroupResource(group: "", resource: "namespaces")
      let holders = isNamespace ? old["spec"]?["finalizers"]?.arrayValue ?? [] : []
      if grace == 0, new.finalizers.isEmpty, holders.isEmpty {
        try await erase(stored, isDryRun: isDryRun)
        return .gone(stored)
      }
      if !old.isBeingDeleted {
        new.setMetadata(
          "deletionTimestamp", .string(Timestamp.now.adding(seconds: grace).description))
        new.setMetadata("deletionGracePeriodSeconds", .integer(grace))
        if old.generation > 0 { new.setMetadata("generation", .integer(old.generation + 1)) }
        if isNamespace {
          var status = new["status"]?.objectValue ?? [:]
          status["phase"] = "Terminating"
          new["status"] = .object(status)
        }
      } else if let left = old["metadata"]?["deletionGracePeriodSeconds"]?.integerValue, grace < left {
        // A second request may shorten the time, and never lengthens it.
        new.setMetadata(
          "deletionTimestamp", .string(Timestamp.now.adding(seconds: grace).description))
        new.setMetadata("deletionGracePeriodSeconds", .integer(grace))
        if grace == 0, new.finalizers.isEmpty {
          try await erase(stored, isDryRun: isDryRun)
          return .gone(stored)
        }
      }
      if new == old { return .going(try await bytes(stored, target)) }
      let written = try await write(new, target, key: stored.key, over: stored, isDryRun: isDryRun)
      return .going(try await bytes(written, target))
    }
  }

  /// The finalizers after a client has said what becomes of dependents; the garbage collector works on these.
  private func finalizers(of object: JSONObject, _ options: Deletion) -> [String] {
    var finalizers = object.finalizers
    guard let propagation = options.propagation else { return finalizers }
    finalizers.removeAll { $0 == Deletion.orphanFinalizer || $0 == Deletion.foregroundFinalizer }
    switch propagation {
    case .orphan: finalizers.append(Deletion.orphanFinalizer)
    case .foreground: finalizers.append(Deletion.foregroundFinalizer)
    case .background: break
    }
    return finalizers
  }

  /// Removes every object that a list would show.
  /// - Returns: the objects as they were, in their JSON.
  func deleteCollection(
    _ target: ServedResource, _ context: RequestContext, _ options: Deletion, _ selection: Selection
  ) async throws -> [[UInt8]] {
    let objects = cache(of: target).list(target.prefix(namespace: context.info.namespace)).objects
    var removed: [[UInt8]] = []
    for object in objects where selection.matches(object) {
      do {
        switch try await delete(target, context, namespace: object.namespace, name: object.name, options) {
        case .gone: removed.append(try await bytes(object, target))
        case .going(let bytes): removed.append(bytes)
        }
      } catch let error as StatusError where error.reason == .notFound {
        // Somebody else was faster.
        continue
      }
    }
    return removed
  }
}
