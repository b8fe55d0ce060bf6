/// The annotation in which `kubectl apply` without the server's help keeps what it applied.
enum LastApplied {
  static let annotation = "kubectl.kubernetes.io/last-applied-configuration"

  /// How large all annotations may be, names and values, in bytes.
  private static let largest = 256 * 1024

  /// Passes if what is in conflict is what the client applied before and nobody has changed since; then it is the
  /// client's own, and moves over to its server-side manager.
  ///
  /// - Throws: the conflicts that remain.
  static func checkConflicts(
    _ error: ApplyError, live: JSONObject, versions: ObjectVersions, kind: GroupVersionKind
  ) async throws(ApplyError) {
    guard let own = await ownFields(of: live, versions: versions, kind: kind) else { throw error }
    let remaining = error.conflicts.filter { !own.contains($0.path) }
    if !remaining.isEmpty { throw ApplyError(remaining) }
  }

  /// What the annotation says and the object still holds.
  private static func ownFields(
    of live: JSONObject, versions: ObjectVersions, kind: GroupVersionKind
  ) async -> FieldSet? {
    guard let text = live["metadata"]?["annotations"]?[annotation]?.stringValue, !text.isEmpty,
      let applied = try? JSONValue(json: text), applied["apiVersion"]?.stringValue == kind.apiVersion,
      let type = versions.type(kind.apiVersion),
      MergeCheck.problems(in: applied, type, allowsDuplicates: false).isEmpty,
      let current = try? await versions.convert(
        .init(value: .object(live), apiVersion: live["apiVersion"]?.stringValue ?? kind.apiVersion),
        to: kind.apiVersion)
    else { return nil }
    let changes = MergeComparison(applied, current, type)
    return FieldSet(of: applied, type).difference(changes.modified).difference(changes.added).difference(
      changes.removed)
  }

  /// Keeps the annotation, where there is one, as if the client had applied the configuration on its own.
  static func update(_ object: inout JSONObject, _ configuration: JSONObject) {
    guard var annotations = object["metadata"]?["annotations"]?.objectValue,
      annotations[annotation]?.stringValue?.isEmpty == false
    else { return }
    var applied = configuration
    applied.update("metadata") { metadata in
      guard case .object(var members) = metadata, case .object(var annotations)? = members["annotations"] else {
        return
      }
      annotations.remove(annotation)
      members["annotations"] = .object(annotations)
      metadata = .object(members)
    }
    annotations[annotation] = .string(JSONValue.object(applied).jsonText(sortedKeys: true) + "\n")
    let size = annotations.reduce(0) { $0 + $1.0.utf8.count + ($1.1.stringValue?.utf8.count ?? 0) }
    if size > largest { annotations.remove(annotation) }
    object.update("metadata") { metadata in
      guard case .object(var members) = metadata else { return }
      members["annotations"] = .object(annotations)
      metadata = .object(members)
    }
  }
}
