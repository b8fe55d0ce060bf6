/// Works out who owns what after a change.
struct OwnershipUpdate {
  /// The versions of the kind and how to come from one to another.
  let versions: ObjectVersions
  /// Fields that the request does not set, by version.
  let reset: [String: FieldSet]

  /// An object and the version that it is written in.
  struct Versioned {
    let value: JSONValue
    let apiVersion: String

    /// The object in a version; nil where there is none such. Mostly it is its own, which nobody has to be asked for.
    @inline(__always)
    func value(in version: String, _ versions: ObjectVersions) async throws(ApplyError) -> JSONValue? {
      if version == apiVersion { return value }
      return try await versions.convert(self, to: version)
    }
  }

  // MARK: Comparing

  /// The differences in each version in which a manager owns something; made where they are first asked for.
  private struct Comparisons {
    let old: Versioned
    let new: Versioned
    /// Few versions: a search is faster than a table.
    var known: [(version: String, comparison: MergeComparison?)] = []

    /// Nil where there is no such version any more.
    mutating func comparison(in version: String, _ update: OwnershipUpdate) async throws(ApplyError) -> MergeComparison?
    {
      if let known = known.first(where: { $0.version == version }) { return known.comparison }
      var comparison: MergeComparison?
      if let old = try await old.value(in: version, update.versions),
        let new = try await new.value(in: version, update.versions), let type = update.versions.type(version)
      {
        comparison = MergeComparison(old, new, type).excluding(update.reset[version])
      }
      known.append((version, comparison))
      return comparison
    }
  }

  /// Takes what changes from those who own it; what has been removed belongs to nobody.
  ///
  /// - Returns: the changes in the version of the request.
  private func takeChanges(
    from old: Versioned, to new: Versioned, _ managed: inout ManagedFields, except manager: ManagerIdentity?,
    force: Bool
  ) async throws(ApplyError) -> MergeComparison {
    var comparisons = Comparisons(old: old, new: new)
    guard let changes = try await comparisons.comparison(in: new.apiVersion, self) else {
      throw ApplyError(.failed, "no corresponding type for \(new.apiVersion)")
    }
    if managed.owners.isEmpty { return changes }
    var conflicts: [ManagerIdentity: FieldSet] = [:]
    var removed: [ManagerIdentity: FieldSet] = [:]
    for (identity, owned) in managed.owners where identity != manager {
      guard let comparison = try await comparisons.comparison(in: owned.apiVersion, self) else {
        managed.owners[identity] = nil
        continue
      }
      let conflict = owned.fields.intersection(comparison.modified.union(comparison.added))
      if !conflict.isEmpty { conflicts[identity] = conflict }
      if !comparison.removed.isEmpty { removed[identity] = comparison.removed }
    }
    if !force, !conflicts.isEmpty {
      throw ApplyError(
        conflicts.sorted { $0.key < $1.key }.flatMap { identity, fields in
          fields.paths.map { ApplyConflict(manager: identity.shown, path: $0) }
        })
    }
    for (identity, fields) in conflicts { managed.owners[identity]?.fields.subtract(fields) }
    for (identity, fields) in removed { managed.owners[identity]?.fields.subtract(fields) }
    managed.owners = managed.owners.filter { !$0.value.fields.isEmpty }
    return changes
  }

  /// After a write that is no apply nobody owns what it changed but who writes.
  ///
  /// - Returns: what it changed.
  func update(
    _ managed: inout ManagedFields, from old: Versioned, to new: Versioned
  ) async throws(ApplyError) -> FieldSet {
    try reconcile(&managed, old)
    let changes = try await takeChanges(from: old, to: new, &managed, except: nil, force: true)
    let fields = changes.modified.union(changes.added)
    return reset[new.apiVersion].map { fields.recursiveDifference($0) } ?? fields
  }

  /// Merges a configuration into an object; its manager owns what stands in it.
  ///
  /// - Returns: the object; nil where nothing changes.
  func apply(
    _ managed: inout ManagedFields, to live: Versioned, _ configuration: Versioned, by manager: ManagerIdentity,
    force: Bool
  ) async throws(ApplyError) -> JSONValue? {
    try reconcile(&managed, live)
    let version = configuration.apiVersion
    guard let type = versions.type(version) else {
      throw ApplyError(.failed, "no corresponding type for \(version)")
    }
    let merged = Versioned(value: MergeValue.merge(live.value, configuration.value, type), apiVersion: version)
    let last = managed.owners[manager]
    var fields = FieldSet(of: configuration.value, type)
    if let reset = reset[version] { fields = fields.recursiveDifference(reset) }
    managed.owners[manager] = .init(fields: fields, apiVersion: version, time: last?.time)
    let pruned = try await prune(merged, managed, applied: version, last: last)
    // Lists and objects that the configuration empties belong to nobody and were pruned with their items.
    let result = Versioned(value: MergeValue.merge(pruned.value, configuration.value, type), apiVersion: version)
    _ = try await takeChanges(from: live, to: result, &managed, except: manager, force: force)
    return live.value.isSame(as: result.value) ? nil : result.value
  }

  // MARK: Removing

  /// Removes what the manager applied the last time and does not any more, unless others own it.
  private func prune(
    _ merged: Versioned, _ managed: ManagedFields, applied: String, last: ManagedFields.OwnedFields?
  ) async throws(ApplyError) -> Versioned {
    guard let last, !last.fields.isEmpty, let value = try await versions.convert(merged, to: last.apiVersion),
      let type = versions.type(last.apiVersion)
    else { return merged }
    let converted = Versioned(value: value, apiVersion: last.apiVersion)
    let named = last.fields.withNamedFields(type)
    var pruned = Versioned(
      value: MergeValue.remove(named, from: converted.value, type), apiVersion: last.apiVersion)
    pruned = try await addBackOwned(merged: converted, pruned, managed)
    pruned = try await addBackDangling(merged: converted, pruned, named, type)
    guard let result = try await versions.convert(pruned, to: applied) else { return merged }
    return Versioned(value: result, apiVersion: applied)
  }

  private func addBackOwned(
    merged: Versioned, _ pruned: Versioned, _ managed: ManagedFields
  ) async throws(ApplyError) -> Versioned {
    var byVersion: [String: FieldSet] = [:]
    for owned in managed.owners.values {
      byVersion[owned.apiVersion] = (byVersion[owned.apiVersion] ?? FieldSet()).union(owned.fields)
    }
    var (merged, pruned) = (merged, pruned)
    // Its own version first: what it needs to be converted is back before it is.
    let first = pruned.apiVersion
    for version in byVersion.keys.sorted(by: { ($0 == first ? 0 : 1, $0) < ($1 == first ? 0 : 1, $1) }) {
      guard let owned = byVersion[version], let all = try await versions.convert(merged, to: version),
        let some = try await versions.convert(pruned, to: version),
        let type = versions.type(version)
      else { continue }
      merged = Versioned(value: all, apiVersion: version)
      let present = FieldSet(of: all, type).withNamedFields(type)
      let kept = FieldSet(of: some, type).withNamedFields(type).union(owned.withNamedFields(type))
      pruned = Versioned(
        value: MergeValue.remove(present.difference(kept), from: all, type), apiVersion: version)
    }
    return pruned
  }

  /// What goes with a parent that was pruned, but was never this manager's, stays.
  private func addBackDangling(
    merged: Versioned, _ pruned: Versioned, _ last: FieldSet, _ type: MergeType
  ) async throws(ApplyError) -> Versioned {
    guard let value = try await versions.convert(pruned, to: merged.apiVersion) else { return merged }
    let kept = FieldSet(of: value, type).withNamedFields(type)
    let present = FieldSet(of: merged.value, type).withNamedFields(type)
    let gone = present.difference(kept).intersection(last)
    return Versioned(value: MergeValue.remove(gone, from: merged.value, type), apiVersion: merged.apiVersion)
  }

  /// Follows changes of the schema since the fields were noted.
  private func reconcile(_ managed: inout ManagedFields, _ live: Versioned) throws(ApplyError) {
    for (identity, owned) in managed.owners {
      guard let type = versions.type(owned.apiVersion) else {
        managed.owners[identity] = nil
        continue
      }
      if let fields = owned.fields.reconciled(with: type) { managed.owners[identity]?.fields = fields }
    }
  }
}

extension FieldSet {
  fileprivate mutating func subtract(_ other: FieldSet) { self = difference(other) }
}
