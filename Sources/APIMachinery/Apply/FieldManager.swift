/// Keeps note of who owns which fields of an object, and applies configurations (server-side apply).
///
/// Every write goes through it: what a create, update or patch changes belongs to its manager from then on; an apply
/// says which fields its manager wants, and what it no longer says is removed unless others own it. The notes stand in
/// `metadata.managedFields`.
public struct FieldManager: Sendable {
  /// Changes an object of the request's version.
  public typealias Change = @Sendable (inout JSONValue) -> Void

  private let kind: GroupVersionKind
  private let subresource: String
  private let versions: ObjectVersions
  private let emptyObject: JSONObject
  private let definitionName: String?
  private let fillNulls: Change?
  private let ownership: OwnershipUpdate

  /// - Parameters:
  ///   - kind: the kind in the version of the request.
  ///   - subresource: the part of the object that the request writes; empty for the object itself.
  ///   - resetFields: fields that the request does not set, in each version; they belong to nobody who writes this way.
  ///   - emptyObject: what an object of the kind is before anything is set: of a built-in kind the objects that are always
  ///     there (`{"spec": {}}`). They come into being with the object and belong to nobody.
  ///   - definitionName: of a built-in kind the name of its definition: upstream turns what an apply makes into a value of
  ///     Go's types, and what does not fit these cannot be applied. Nil for custom kinds.
  ///   - fillNulls: puts zero values where an applied object has nulls for items of lists and members of maps. Other nulls
  ///     take values away; whoever applies them owns the fields.
  public init(
    _ kind: GroupVersionKind, subresource: String = "", versions: ObjectVersions,
    resetFields: [GroupVersion: FieldSet] = [:], emptyObject: JSONObject = [:], definitionName: String? = nil,
    fillNulls: Change? = nil
  ) {
    self.kind = kind
    self.subresource = subresource
    self.versions = versions
    self.emptyObject = emptyObject
    self.definitionName = definitionName
    self.fillNulls = fillNulls
    ownership = OwnershipUpdate(
      versions: versions, reset: Dictionary(uniqueKeysWithValues: resetFields.map { ($0.key.apiVersion, $0.value) }))
  }

  /// What is wrong with the notes in `metadata.managedFields`; nil where they can be read.
  public static func problem(in managedFields: JSONValue?) -> String? {
    do throws(ManagedFieldsError) {
      _ = try ManagedFields(managedFields)
      return nil
    } catch { return "\(error)" }
  }

  // MARK: Writes

  /// Notes what a create, update or patch changed.
  ///
  /// - Parameters:
  ///   - live: the object before, in any version; nil where the request creates it.
  ///   - object: the object as the request leaves it, in the request's version.
  ///   - manager: who writes: the parameter `fieldManager`, or what ``managerName(userAgent:)`` makes of the client's name.
  ///   - time: now, as RFC 3339 writes it, to the second.
  /// - Returns: the object with `metadata.managedFields`. If these cannot be worked out they are left out, for an object that
  ///   is stored must not carry wrong ones.
  public func update(
    _ object: JSONObject, from live: JSONObject?, by manager: String, at time: String
  ) async -> JSONObject {
    let (plain, given) = Self.withoutManagedFields(object)
    return Self.setting(await notes(of: plain, given, from: live, by: manager, at: time), of: plain)
  }

  /// The same where only `metadata.managedFields` is wanted; nil where there are none.
  public func managedFields(
    of object: JSONObject, from live: JSONObject?, by manager: String, at time: String
  ) async -> JSONValue? {
    let (plain, given) = Self.withoutManagedFields(object)
    return await notes(of: plain, given, from: live, by: manager, at: time)
  }

  /// - Parameter given: the notes that the object came with.
  private func notes(
    of after: JSONObject, _ given: JSONValue?, from live: JSONObject?, by manager: String, at time: String
  ) async -> JSONValue? {
    let isCreate = (live?["metadata"]?["uid"]?.stringValue ?? "").isEmpty
    let (before, noted) = Self.withoutManagedFields(live ?? emptyObject)
    var managed = startingPoint(noted: noted, given: given)
    // An object that nobody keeps notes of is left alone until the first apply.
    if managed.owners.isEmpty, !isCreate { return nil }
    do {
      try await update(&managed, from: live == nil ? nil : before, to: after, by: manager, at: time)
    } catch {
      return nil
    }
    return managed.json
  }

  private func startingPoint(noted: JSONValue?, given: JSONValue?) -> ManagedFields {
    // Who writes a part of an object does not write its notes.
    if subresource.isEmpty {
      if Self.isReset(given) { return ManagedFields() }
      if let managed = try? ManagedFields(given), !managed.owners.isEmpty { return managed }
    }
    return (try? ManagedFields(noted)) ?? ManagedFields()
  }

  /// An empty list, or one empty entry, asks for the notes to be dropped.
  private static func isReset(_ value: JSONValue?) -> Bool {
    guard case .array(let entries)? = value else { return false }
    return entries.isEmpty || (entries.count == 1 && entries[0].objectValue?.isEmpty == true)
  }

  /// - Parameter before: nil where nothing was there.
  private func update(
    _ managed: inout ManagedFields, from before: JSONObject?, to after: JSONObject, by manager: String, at time: String
  ) async throws(ApplyError) {
    let version = kind.apiVersion
    let old: OwnershipUpdate.Versioned
    if let before {
      old = try await versioned(before, "live")
    } else {
      old = OwnershipUpdate.Versioned(value: .object(emptyObject), apiVersion: version)
    }
    let new = try await versioned(after, "new")
    let changed = try await ownership.update(&managed, from: old, to: new).difference(Self.nobodysFields)
    if !changed.isEmpty {
      let identity = identity(manager, .update)
      let previous = managed.owners[identity]?.fields ?? FieldSet()
      managed.owners[identity] = .init(fields: changed.union(previous), apiVersion: version, time: time)
    }
    managed.mergeOldUpdates()
  }

  /// Applies a configuration.
  ///
  /// - Parameters:
  ///   - configuration: the fields that the manager wants, in the request's version.
  ///   - live: the object; nil where there is none, and it is created.
  ///   - force: whether fields that others own are taken over.
  ///   - time: now, as RFC 3339 writes it, to the second.
  /// - Returns: the object with `metadata.managedFields`.
  /// - Throws: ``ApplyError`` where others own fields that would change, or the configuration is none.
  public func apply(
    _ configuration: JSONObject, to live: JSONObject?, by manager: String, force: Bool = false, at time: String
  ) async throws(ApplyError) -> JSONObject {
    try checkKind(configuration)
    let live = live ?? emptyObject.settingType(kind)
    let (before, noted) = Self.withoutManagedFields(live)
    let managed: ManagedFields
    do {
      managed = try ManagedFields(noted)
    } catch {
      throw ApplyError(.failed, "failed to decode managed fields: \(error)")
    }
    var result: (object: JSONObject, managed: ManagedFields)
    do {
      result = try await apply(configuration, to: before, managed, by: manager, force: force, at: time)
    } catch  where error.code == .conflict && manager == Self.kubectl {
      try await LastApplied.checkConflicts(error, live: before, versions: versions, kind: kind)
      result = try await apply(configuration, to: before, managed, by: manager, force: true, at: time)
    }
    if manager == Self.kubectl { LastApplied.update(&result.object, configuration) }
    return Self.setting(result.managed.json, of: result.object)
  }

  /// The manager under whose name `kubectl apply` applies.
  private static let kubectl = "kubectl"

  private func checkKind(_ configuration: JSONObject) throws(ApplyError) {
    let version = GroupVersion(apiVersion: configuration["apiVersion"]?.stringValue ?? "")
    let given = GroupVersionKind(
      group: version?.group ?? "", version: version?.version ?? "", kind: configuration["kind"]?.stringValue ?? "")
    guard given == kind else { throw ApplyError(.badRequest, "invalid object type: \(given)") }
    if let fields = configuration["metadata"]?["managedFields"], fields != .null {
      throw ApplyError(.badRequest, "metadata.managedFields must be nil")
    }
  }

  private func apply(
    _ configuration: JSONObject, to before: JSONObject, _ noted: ManagedFields, by manager: String, force: Bool,
    at time: String
  ) async throws(ApplyError) -> (object: JSONObject, managed: ManagedFields) {
    var managed = noted
    if managed.owners.isEmpty {
      // What is there has been written before anybody kept notes.
      try await update(&managed, from: emptyObject.settingType(kind), to: before, by: "before-first-apply", at: time)
    }
    let wanted = OwnershipUpdate.Versioned(value: .object(configuration), apiVersion: kind.apiVersion)
    if let type = versions.type(kind.apiVersion) {
      let problems = MergeCheck.problems(in: wanted.value, type, allowsDuplicates: false)
      guard problems.isEmpty else {
        throw ApplyError(
          .failed, "failed to create typed patch object (\(shown(configuration))): \(problems.message)")
      }
    }
    let live = try await versioned(before, "live")
    let identity = identity(manager, .apply)
    let changed = try await ownership.apply(&managed, to: live, wanted, by: identity, force: force)
    if var owned = managed.owners[identity] {
      owned.fields = owned.fields.difference(Self.nobodysFields)
      if changed != nil { owned.time = time }
      managed.owners[identity] = owned.fields.isEmpty ? nil : owned
    }
    guard case .object(var object)? = changed else { return (before, managed) }
    try makeTyped(&object)
    return (object, managed)
  }

  /// What upstream's conversion to Go's types makes of an applied object. That of a custom kind is left as it is: its nulls
  /// are its defaults' matter, or its schema's.
  private func makeTyped(_ object: inout JSONObject) throws(ApplyError) {
    guard let definitionName, let schema = versions.schema(kind.apiVersion) else { return }
    var value = JSONValue.object(object)
    do {
      if try TypeChecker.check(value, by: schema, definitionName: definitionName, words: .converter) {
        IntegerWrapping.apply(to: &value, by: schema)
      }
    } catch {
      throw ApplyError(
        .failed,
        "failed to convert new object (\(shown(object))) to proper version: unable to convert unstructured object to "
          + "\(kind): \(error.message)")
    }
    fillNulls?(&value)
    Defaulter.removeNulls(from: &value, by: schema)
    object = value.objectValue ?? object
  }

  // MARK: Parts

  /// Fields that say what the object is, or that the server alone sets.
  private static let nobodysFields = FieldSet(
    names: [["apiVersion"], ["kind"], ["metadata"]]
      + [
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
        "resourceVersion",
      ].map { ["metadata", $0] })

  private func identity(_ manager: String, _ operation: ManagerIdentity.Operation) -> ManagerIdentity {
    ManagerIdentity(
      name: manager.isEmpty ? "unknown" : manager, operation: operation, apiVersion: kind.apiVersion,
      subresource: subresource)
  }

  /// The object in the request's version, if it has the shape that its schema gives it.
  private func versioned(_ object: JSONObject, _ what: String) async throws(ApplyError) -> OwnershipUpdate.Versioned {
    let given = object["apiVersion"]?.stringValue ?? kind.apiVersion
    let original = OwnershipUpdate.Versioned(value: .object(object), apiVersion: given)
    guard let value = try await original.value(in: kind.apiVersion, versions),
      let type = versions.type(kind.apiVersion)
    else {
      throw ApplyError(.failed, "failed to convert \(what) object (\(shown(object))) to proper version")
    }
    let problems = MergeCheck.problems(in: value, type, allowsDuplicates: true)
    guard problems.isEmpty else {
      throw ApplyError(.failed, "failed to create typed \(what) object (\(shown(object))): \(problems.message)")
    }
    return OwnershipUpdate.Versioned(value: value, apiVersion: kind.apiVersion)
  }

  private func shown(_ object: JSONObject) -> String {
    let metadata = object["metadata"]
    return "\(metadata?["namespace"]?.stringValue ?? "")/\(metadata?["name"]?.stringValue ?? ""); \(kind)"
  }

  private static func withoutManagedFields(_ object: JSONObject) -> (object: JSONObject, managed: JSONValue?) {
    guard case .object(var members)? = object["metadata"], let managed = members.remove("managedFields") else {
      return (object, nil)
    }
    var result = object
    result["metadata"] = .object(members)
    return (result, managed)
  }

  private static func setting(_ managed: JSONValue?, of object: JSONObject) -> JSONObject {
    guard let managed else { return object }
    var result = object
    var metadata = result["metadata"]?.objectValue ?? [:]
    metadata["managedFields"] = managed
    result["metadata"] = .object(metadata)
    return result
  }
}

extension JSONObject {
  fileprivate func settingType(_ kind: GroupVersionKind) -> JSONObject {
    var result = self
    result["apiVersion"] = .string(kind.apiVersion)
    result["kind"] = .string(kind.kind)
    return result
  }
}
