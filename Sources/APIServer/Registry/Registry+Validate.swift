import APIMachinery
import ClusterAPI

extension Registry {
  /// The kind that is named where an object is wrong: events of both groups are one thing to upstream.
  private static func judgedKind(_ kind: GroupKind) -> GroupKind {
    kind.group == "events.k8s.io" ? GroupKind(group: "", kind: kind.kind) : kind
  }

  /// Judges an object by its schema and by the rules of its kind.
  /// - Parameters:
  ///   - context: is warned of what is wrong, and was so before.
  ///   - emptied: what the client has sent empty.
  /// - Throws: 422 with every violation.
  func validate(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, _ context: RequestContext, subresource: String = "",
    emptied: EmptiedFields
  ) throws(StatusError) {
    let errors = ObjectRules.violations(
      new, old: old, target, strategies.of(target), kinds, context, subresource: subresource, emptied: emptied)
    guard errors.isEmpty else { throw .invalid(Self.judgedKind(target.groupKind), new.objectName, errors) }
    let warnings =
      target.resource.isCustom
      ? subresource.isEmpty ? Self.finalizerWarnings(new, old: old) : []
      : kinds.warnings(
        of: .object(new), old: old.map { .object($0) }, kind: target.groupVersionKind, subresource: subresource)
    for warning in warnings { context.warn(warning) }
  }

  /// What of an object that a client sends holds nothing; of custom kinds' objects that is kept as it is.
  func emptied(in object: JSONObject, _ target: ServedResource) -> EmptiedFields {
    target.resource.isCustom
      ? EmptiedFields() : kinds.emptied(in: object, definition: target.version.definitionName)
  }

  private static let standardFinalizers: Set<String> = ["foregroundDeletion", "kubernetes", "orphan"]

  /// What is said of finalizers that somebody adds to an object of a custom kind, and that others might use too.
  private static func finalizerWarnings(_ new: JSONObject, old: JSONObject?) -> [String] {
    let added = Set(new.finalizers).subtracting(old?.finalizers ?? []).sorted()
    return added.flatMap { name in
      var problems = NameRules.labelKey(name)
      if !name.contains("/"), !standardFinalizers.contains(name) {
        let form = name.contains(".") ? " including a path (/)" : ""
        problems.append(
          "prefer a domain-qualified finalizer name\(form) to avoid accidental conflicts with other finalizer writers")
      }
      return problems.map { "metadata.finalizers: \(name.goQuoted): \($0)" }
    }
  }
}
