import APIMachinery
import ClusterAPI

/// Fills in what a client has left out.
enum ObjectDefaults {
  static func apply(to object: inout JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds) {
    guard let given = object else { return }
    var tree = JSONValue.object(given)
    object = nil
    Defaulter.fillIn(&tree, by: target.version.schema)
    object = tree.objectValue
  }
}
