import APIMachinery

extension Registry {
  /// What a removal has done.
  enum Removed {
    /// Gone: what it was.
    case gone(CachedObject)
    /// Marked: it goes when its time is over and its finalizers are done.
    case going(StoredObject)
  }

  /// Removes an object, or marks it as going where something has to be done first.
  func delete(
    _ target: ServedResource, _ context: RequestContext, namespace: String, name: String, _ options: DeleteOptions
  ) async throws -> Removed {
    let isDryRun = options.isDryRun
    let strategy = strategies.of(target)
    return try await retrying(target, name) {
      let stored = try find(target, namespace: namespace, name: name)
      let old = try await tree(stored, target)
      // It is told by its kind.
      let kind = target.groupVersionKind
      try options.check(stored.object, GroupResource(group: kind.group, resource: kind.kind))
      let request = AdmissionRequest(
        operation: .delete, resource: target, subresource: "", namespace: namespace, name: name, user: context.user,
        object: nil, oldObject: old, isDryRun: isDryRun, context: context, options: options.json)
      var mutable = request
      try await admission.mutate(&mutable)
      try await admission.validate(request)

      var new = old
      if target.groupResource == CustomResourceDefinitions.place, !old.isBeingDeleted {
        CustomResourceDefinitions.markGoing(&new)
      } else {
        new.setFinalizers(options.finalizers(of: old))
      }
      let grace = strategy.gracePeriod(of: old, options)
      if grace == 0, new.finalizers.isEmpty, !strategy.isHeld(old) {
        try await erase(stored, target, isDryRun: isDryRun)
        return .gone(stored)
      }
      if !new.isBeingDeleted {
        new.setMetadata(
          "deletionTimestamp", .string(Timestamp.now.adding(seconds: grace).description))
        new.setMetadata("deletionGracePeriodSeconds", .integer(grace))
        if old.generation > 0 { new.setMetadata("generation", .integer(old.generation + 1)) }
        strategy.markGoing(&new)
      } else if let left = old["metadata"]?["deletionGracePeriodSeconds"]?.integerValue, grace < left {
        // A second request may shorten the time, and never lengthens it.
        new.setMetadata(
          "deletionTimestamp", .string(Timestamp.now.adding(seconds: grace).description))
        new.setMetadata("deletionGracePeriodSeconds", .integer(grace))
        if grace == 0, new.finalizers.isEmpty {
          try await erase(stored, target, isDryRun: isDryRun)
          return .gone(stored)
        }
      }
      if new == old { return .going(try await shown(stored, target)) }
      let written = try await write(new, target, key: stored.key, over: stored, isDryRun: isDryRun)
      return .going(try await shown(written, target))
    }
  }

  /// Removes every object that a list would show.
  /// - Returns: the objects as they were.
  func deleteCollection(
    _ target: ServedResource, _ context: RequestContext, _ options: DeleteOptions, _ selection: Selection
  ) async throws -> [StoredObject] {
    let all = cache(of: target).list(target.prefix(namespace: context.info.namespace)).objects
    let objects = try await comparable(all, selection, target)
    var removed: [StoredObject] = []
    for object in objects where selection.matches(object) {
      do {
        switch try await delete(target, context, namespace: object.namespace, name: object.name, options) {
        case .gone: removed.append(try await shown(object, target))
        case .going(let object): removed.append(object)
        }
      } catch let error as StatusError where error.reason == .notFound {
        // Somebody else was faster.
        continue
      }
    }
    return removed
  }
}
