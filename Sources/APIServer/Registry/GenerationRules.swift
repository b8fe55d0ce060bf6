import APIMachinery
import ClusterAPI

/// When `metadata.generation` grows: with each change of what a user wants, which is anything but metadata and status, and of
/// some built-in kinds more than that.
enum GenerationRules {
  static func isChange(
    from old: JSONObject, to new: JSONObject, _ target: ServedResource, subresource: String, _ kinds: BuiltinKinds
  ) -> Bool {
    guard target.resource.isCustom else {
      return kinds.countsChange(
        of: .object(old), to: .object(new), kind: target.groupVersionKind, subresource: subresource)
    }
    func wanted(_ object: JSONObject) -> JSONObject {
      var object = object
      for name in ["metadata", "status", "apiVersion", "kind"] { object.remove(name) }
      return object
    }
    return wanted(old) != wanted(new)
  }
}
