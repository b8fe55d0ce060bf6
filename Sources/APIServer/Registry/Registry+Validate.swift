import APIMachinery
import ClusterAPI

extension Registry {
  /// Judges an object by its schema and by the rules of its kind.
  /// - Parameter context: is warned of what is wrong, and was so before.
  /// - Throws: 422 with every violation.
  func validate(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, _ context: RequestContext, subresource: String = ""
  ) throws(StatusError) {
    let errors = ObjectRules.violations(new, old: old, target, kinds, context, subresource: subresource)
    guard errors.isEmpty else { throw .invalid(target.groupKind, new.objectName, errors) }
  }
}
