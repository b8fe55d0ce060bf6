import APIMachinery
import ClusterAPI

/// Objects in the version that a request asks for.
extension Registry {
  var conversion: Conversion { Conversion(kinds: kinds, catalog: catalog, client: outbound) }

  /// Whether an object is stored in another form than the one that is asked for: in another version, or without what has
  /// become a default since.
  func isOther(_ object: CachedObject, than target: ServedResource) -> Bool {
    object.object.header.apiVersion != target.groupVersionKind.apiVersion || object.lacksDefaults(of: target.version)
  }

  /// The bytes of an object in the version that the request asks for.
  func bytes(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> [UInt8] {
    guard isOther(object, than: target) else { return object.bytes }
    return JSONValue.object(try await tree(object, target)).jsonBytes()
  }

  /// An object as a tree in the version that the request asks for.
  func tree(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> JSONObject {
    let tree = object.object.tree()
    guard isOther(object, than: target) else { return tree }
    return filled(try await converted(tree, to: target.groupVersionKind, target), target)
  }

  /// An object in the version that the request asks for, with the revision that it has.
  func shown(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> StoredObject {
    guard isOther(object, than: target) else { return object.object }
    return StoredObject(try await tree(object, target), revision: object.object.revision)
  }

  /// Many objects; those that have to be converted are so together.
  func shown(_ objects: [CachedObject], _ target: ServedResource) async throws(StatusError) -> [StoredObject] {
    var result = objects.map(\.object)
    let others = objects.indices.filter { isOther(objects[$0], than: target) }
    guard !others.isEmpty else { return result }
    let apiVersion = target.groupVersionKind.apiVersion
    var trees = others.map { result[$0].tree() }
    if others.contains(where: { result[$0].header.apiVersion != apiVersion }) {
      trees = try await conversion.convert(trees, to: target.groupVersionKind, target)
    }
    for (index, tree) in zip(others, trees) {
      result[index] = StoredObject(filled(tree, target), revision: result[index].revision)
    }
    return result
  }

  /// The object with what its schema says by default, where custom objects get that when they are read.
  private func filled(_ object: JSONObject, _ target: ServedResource) -> JSONObject {
    guard target.version.defaultsStamp != nil else { return object }
    var tree = JSONValue.object(object)
    Defaulter.fillIn(&tree, by: target.version.schema)
    return tree.objectValue ?? object
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
