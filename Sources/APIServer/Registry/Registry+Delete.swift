import APIMachinery

extension Registry {
  /// What a removal has done.
  enum Removed {
    /// Gone: what it was, under the revision of its end.
    case gone(CachedObject)
    /// Marked: it goes when its time is over and its finalizers are done.
    case going(StoredObject)
  }

  /// Removes an object, or marks it as going where something has to be done first.
  /// - Parameters:
  ///   - toldName: what admission is told as the name in the request; the object's unless it says otherwise.
  ///   - isAdmitted: admission was asked already about what brings the removal about, and is not asked again.
  func delete(
    _ target: ServedResource, _ context: RequestContext, namespace: String, name: String, _ options: DeleteOptions,
    toldName: String? = nil, isAdmitted: Bool = false
  ) async throws -> Removed {
    let isDryRun = options.isDryRun
    let strategy = strategies.of(target)
    var marked: CachedObject?
    return try await retrying(target, namespace: namespace, name) {
      if let marked, !isThere(marked, target) { return .gone(marked) }
      let stored = try find(target, namespace: namespace, name: name)
      let old = try await tree(stored, target)
      // It is told by its kind.
      let kind = target.groupVersionKind
      try options.check(stored.object, GroupResource(group: kind.group, resource: kind.kind))
      let left = old.isBeingDeleted ? old["metadata"]?["deletionGracePeriodSeconds"]?.integerValue : nil
      // While it waits for its end a request can shorten that, below zero meaning one second, and do nothing else.
      let sooner = options.gracePeriod.map { $0 < 0 ? 1 : $0 }.flatMap { $0 < left ?? 0 ? $0 : nil }
      if strategy.endsGracefully, left ?? 0 > 0, sooner == nil { return .going(try await shown(stored, target)) }
      if !isAdmitted {
        let request = AdmissionRequest(
          operation: .delete, resource: target, subresource: "", namespace: namespace, name: toldName ?? name,
          user: context.user, object: nil, oldObject: old, isDryRun: isDryRun, context: context, options: options.json)
        var mutable = request
        try await admission.mutate(&mutable)
        try await admission.validate(request)
      }

      var new = old
      if target.groupResource == CustomResourceDefinitions.place, !old.isBeingDeleted {
        CustomResourceDefinitions.markGoing(&new)
      } else {
        new.setFinalizers(options.finalizers(of: old, DependentsPolicy(of: target.groupResource)))
      }
      let grace = sooner ?? (old.isBeingDeleted ? 0 : strategy.gracePeriod(of: old, options))
      let isOver = grace == 0 && new.finalizers.isEmpty && !strategy.isHeld(old)
      // What ends gracefully is marked before it goes, also where there is nothing to wait for.
      if isOver, !strategy.endsGracefully || (old.isBeingDeleted && sooner == nil) {
        return .gone(try await erase(stored, target, isDryRun: isDryRun))
      }
      if !new.isBeingDeleted {
        // A client may give it more time than can be written.
        let end = min(Timestamp.now.adding(seconds: grace), .latest)
        new.setMetadata("deletionTimestamp", .string(end.description))
        new.setMetadata("deletionGracePeriodSeconds", .integer(grace))
        if old.generation > 0 { new.setMetadata("generation", .integer(old.generation + 1)) }
        strategy.markGoing(&new)
      } else if let sooner {
        Self.shorten(&new, from: left ?? 0, to: sooner)
      }
      if new == old { return .going(try await shown(stored, target)) }
      let written = try await write(new, target, key: stored.key, over: stored, isDryRun: isDryRun)
      guard isOver else { return .going(try await shown(written, target)) }
      marked = written
      return .gone(try await erase(written, target, isDryRun: isDryRun))
    }
  }

  /// Whether nobody else has removed an object meanwhile.
  private func isThere(_ object: CachedObject, _ target: ServedResource) -> Bool {
    cache(of: target).get(object.key)?.uid == object.uid
  }

  /// Gives an object that waits for its end less time, counted from when it was first asked to go. Where all of that has
  /// passed, whoever runs it has a second still, unless it is to go at once.
  private static func shorten(_ object: inout JSONObject, from left: Int64, to seconds: Int64) {
    let end = object["metadata"]?["deletionTimestamp"]?.stringValue.flatMap { Timestamp($0) } ?? .now
    let (sooner, now) = (end.adding(seconds: seconds - left), Timestamp.now)
    let isPast = sooner < now
    object.setMetadata("deletionTimestamp", .string((isPast ? now : sooner).description))
    object.setMetadata("deletionGracePeriodSeconds", .integer(isPast ? min(seconds, 1) : seconds))
  }

  /// Removes every object that a list would show; with a limit those of one page.
  /// - Returns: the list, with the objects as they were.
  func deleteCollection(
    _ target: ServedResource, _ context: RequestContext, _ options: DeleteOptions, _ selection: Selection,
    _ wanted: ListOptions
  ) async throws -> Page {
    let page = try await list(target, namespace: context.info.namespace, selection, wanted)
    for object in page.objects {
      do {
        // A request that is about a collection names no object.
        _ = try await delete(
          target, context, namespace: object.namespace, name: object.name, options, toldName: "")
      } catch let error as StatusError where error.reason == .notFound {
        // Somebody else was faster.
        continue
      }
    }
    return page
  }
}
