import APIMachinery
import ClusterAPI

/// Fills in what a client has left out, and gives an object the form in which it is kept.
enum ObjectDefaults {
  static func apply(to object: inout JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds) {
    guard var given = object else { return }
    object = nil
    apply(to: &given, target, kinds)
    object = given
  }

  static func apply(to object: inout JSONObject, _ target: ServedResource, _ kinds: BuiltinKinds) {
    var tree = JSONValue.object(object)
    object = [:]
    if target.resource.isCustom {
      // A default may have members that an embedded object's metadata has not. Nulls that somebody applies stay: the
      // schema has a word to say about them.
      if Defaulter.fillIn(&tree, by: target.version.schema) { StoredForm(kinds).prune(&tree, target.version) }
    } else {
      kinds.complete(&tree, kind: target.groupVersionKind)
    }
    object = tree.objectValue ?? [:]
  }
}
