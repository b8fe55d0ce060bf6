import APIMachinery
import ClusterAPI

/// Objects in the version that a request asks for.
extension Registry {
  var conversion: Conversion { Conversion(kinds: kinds, catalog: catalog, client: outbound) }

  /// Whether an object is served in another form than the one that it is stored in: in another version, or as the schema wants
  /// it by now.
  func isOther(_ object: CachedObject, than target: ServedResource) -> Bool {
    object.object.header.apiVersion != target.groupVersionKind.apiVersion || isOutdated(object, target)
  }

  /// Whether all of a page is served in the form that it is stored in.
  func isAsStored(_ page: Page, _ target: ServedResource) -> Bool {
    if !target.resource.isCustom, page.apiVersion == target.groupVersionKind.apiVersion { return true }
    return !page.objects.contains { isOther($0, than: target) }
  }

  /// Whether the schema of the version that an object is stored in makes something else of it.
  private func isOutdated(_ object: CachedObject, _ target: ServedResource) -> Bool {
    guard let version = storedVersion(object, target) else { return false }
    return object.isOutdated(under: version, StoredForm(kinds))
  }

  /// The version that a custom object is stored in; nil of a built-in kind, and where the definition has it no more.
  private func storedVersion(_ object: CachedObject, _ target: ServedResource) -> ResourceVersion? {
    guard target.resource.isCustom else { return nil }
    let apiVersion = object.object.header.apiVersion
    if apiVersion == target.groupVersionKind.apiVersion { return target.version }
    return GroupVersion(apiVersion: apiVersion).flatMap { target.resource.version($0.version) }
  }

  /// An object as it is read from the store, in the version that it has there.
  private func read(_ object: CachedObject, _ target: ServedResource) -> JSONObject {
    let tree = object.object.tree()
    guard let version = storedVersion(object, target), isOutdated(object, target) else { return tree }
    return StoredForm(kinds).read(tree, version)
  }

  /// The bytes of an object in the version that the request asks for.
  func bytes(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> [UInt8] {
    guard isOther(object, than: target) else { return object.bytes }
    return JSONValue.object(try await tree(object, target)).jsonBytes()
  }

  /// An object as a tree in the version that the request asks for.
  func tree(_ object: CachedObject, _ target: ServedResource) async throws(StatusError) -> JSONObject {
    guard isOther(object, than: target) else { return object.object.tree() }
    return try await converted(read(object, target), to: target.groupVersionKind, target)
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
    var trees = others.map { read(objects[$0], target) }
    if others.contains(where: { result[$0].header.apiVersion != apiVersion }) {
      trees = try await conversion.convert(trees, to: target.groupVersionKind, target)
    }
    for (index, tree) in zip(others, trees) {
      result[index] = StoredObject(tree, revision: result[index].revision)
    }
    return result
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
    object.object.header.apiVersion == Conversion.storageKind(target).apiVersion && !isOutdated(object, target)
  }
}
