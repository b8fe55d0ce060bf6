import APIMachinery
import ClusterAPI

/// Fills in what a client has left out, and gives an object the form in which it is kept.
enum ObjectDefaults {
  static func apply(to object: inout JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds) {
    guard let given = object else { return }
    var tree = JSONValue.object(given)
    object = nil
    if target.resource.isCustom {
      Defaulter.fillIn(&tree, by: target.version.schema)
    } else {
      kinds.complete(&tree, kind: target.groupVersionKind)
    }
    object = tree.objectValue
  }
}
