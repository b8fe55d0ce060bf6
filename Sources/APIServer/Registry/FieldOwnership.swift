import APIMachinery
import ClusterAPI

/// Who set which field, kept in `metadata.managedFields` (Kubernetes, "Server-Side Apply").
enum FieldOwnership {
  enum Operation { case update, apply }

  static func record(
    _ new: inout JSONObject, old: JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds, manager: String,
    subresource: String
  ) {
  }
}
