import APIMachinery
import ClusterAPI

/// The rules that an object must keep, beyond the types of its fields.
enum ObjectRules {
  /// - Returns: every violation, in the order of the fields.
  static func violations(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds, subresource: String
  ) -> [FieldError] {
    []
  }
}
