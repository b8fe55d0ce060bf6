import APIMachinery
import ClusterAPI

/// What becomes of a custom object that is read from the store, or that a webhook has converted: it is held to the schema as it is
/// now, not as it was when the object was written (apiextensions-apiserver, `schemaCoercingDecoder`).
struct StoredForm: Sendable {
  private let metadata: Schema?

  init(_ kinds: BuiltinKinds) { metadata = kinds.registry["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"] }

  /// Takes away what the schema does not know.
  func prune(_ object: inout JSONValue, _ version: ResourceVersion) {
    Pruner(metadata: metadata).prune(&object, by: version.schema, isEmbeddedResource: true)
  }

  /// Takes away what the schema does not know, and nulls that may not be there.
  func coerce(_ object: inout JSONValue, _ version: ResourceVersion) {
    prune(&object, version)
    Defaulter.removeNulls(from: &object, by: version.schema)
  }

  /// What an object of the store is by the schema of the version that it is stored in: also with what has become a default.
  func read(_ object: JSONObject, _ version: ResourceVersion) -> JSONObject {
    var tree = JSONValue.object(object)
    Defaulter.fillIn(&tree, by: version.schema)
    coerce(&tree, version)
    return tree.objectValue ?? object
  }
}
