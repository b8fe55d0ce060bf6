import APIMachinery
import ClusterAPI

extension Registry {
  /// Judges an object by its schema and by the rules of its kind.
  /// - Throws: 422 with every violation.
  func validate(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, subresource: String = ""
  ) throws(StatusError) {
    let errors = ObjectRules.violations(new, old: old, target, kinds, subresource: subresource)
    guard errors.isEmpty else { throw .invalid(target.groupKind, new.objectName, errors) }
  }
}
