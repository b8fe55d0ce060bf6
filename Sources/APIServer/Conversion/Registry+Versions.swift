import APIMachinery
import ClusterAPI

/// Objects in the version that a request asks for.
extension Registry {
  private var conversion: Conversion { Conversion(kinds: kinds, catalog: catalog, client: outbound) }

  /// Whether an object is stored in another version than the one that is asked for.
  func isOther(_ object: CachedObject, than target: ServedResource) -> Bool {
    object.object.header.apiVersion != target.groupVersionKind.apiVersion
  }

  /// The bytes of an object in the version that the request asks for.
  func bytes(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> [UInt8] {
    guard isOther(object, than: target) else { return object.bytes }
    return JSONValue.object(try await tree(object, target)).jsonBytes()
  }

  /// An object as a tree in the version that the request asks for.
  func tree(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> JSONObject {
    let tree = object.object.tree()
    return isOther(object, than: target) ? try await converted(tree, to: target.groupVersionKind, target) : tree
  }

  /// The bytes of many objects; those that have to be converted are so together.
  func bytes(_ objects: [CachedObject], _ target: ServedResource) async throws(StatusError) -> [[UInt8]] {
    let apiVersion = target.groupVersionKind.apiVersion
    let others = objects.indices.filter { objects[$0].object.header.apiVersion != apiVersion }
    guard !others.isEmpty else { return objects.map(\.bytes) }
    let converted = try await conversion.convert(
      others.map { objects[$0].object.tree() }, to: target.groupVersionKind, target)
    var result = objects.map(\.bytes)
    for (index, tree) in zip(others, converted) { result[index] = JSONValue.object(tree).jsonBytes() }
    return result
  }

  /// Many objects as trees.
  func trees(_ objects: [CachedObject], _ target: ServedResource) async throws(StatusError) -> [JSONObject] {
    let apiVersion = target.groupVersionKind.apiVersion
    let trees = objects.map { $0.object.tree() }
    guard objects.contains(where: { $0.object.header.apiVersion != apiVersion }) else { return trees }
    return try await conversion.convert(trees, to: target.groupVersionKind, target)
  }

  /// An object of a request in a kind of another version.
  func converted(
    _ object: JSONObject, to kind: GroupVersionKind, _ target: ServedResource
  ) async throws(StatusError) -> JSONObject {
    guard object["apiVersion"]?.stringValue != kind.apiVersion else { return object }
    return try await conversion.convert([object], to: kind, target).first ?? object
  }

  /// An object in the version in which it is stored.
  func stored(_ object: JSONObject, _ target: ServedResource) async throws(StatusError) -> JSONObject {
    try await converted(object, to: Conversion.storageKind(target), target)
  }

  /// Whether an object stands in the store as it would be written now.
  func isCurrent(_ object: CachedObject, _ target: ServedResource) -> Bool {
    object.object.header.apiVersion == Conversion.storageKind(target).apiVersion
  }
}
