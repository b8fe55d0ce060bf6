import APIMachinery
import ClusterAPI

/// From the version that objects are kept in to the one that a request names, and back.
struct Conversion: Sendable {
  let kinds: BuiltinKinds
  let catalog: ResourceCatalog
  /// Asks conversion webhooks; nil where there is nobody to ask.
  let client: OutboundClient?

  /// The kind in which objects of a resource are stored.
  static func storageKind(_ target: ServedResource) -> GroupVersionKind {
    let resource = target.resource
    if let place = resource.storedAs {
      return GroupVersionKind(group: place.group, version: "v1", kind: resource.kind)
    }
    return resource.groupVersionKind(in: resource.storageVersion?.name ?? target.version.name)
  }

  /// Brings objects into one version, all of those that are in another one at once.
  func convert(
    _ objects: [JSONObject], to kind: GroupVersionKind, _ target: ServedResource
  ) async throws(StatusError) -> [JSONObject] {
    guard target.resource.isCustom else {
      var result: [JSONObject] = []
      result.reserveCapacity(objects.count)
      for object in objects {
        guard let converted = kinds.convert(.object(object), to: kind)?.objectValue else {
          throw .internalError("an object of \(target.groupVersionKind) cannot be converted to \(kind)")
        }
        result.append(converted)
      }
      return result
    }
    let apiVersion = kind.apiVersion
    let others = objects.indices.filter { objects[$0]["apiVersion"]?.stringValue != apiVersion }
    guard let webhook = catalog.snapshot.conversion(of: target.groupResource), !others.isEmpty else {
      // Versions of custom kinds have the same fields, unless a webhook says otherwise; those that one lacks are dropped.
      return objects.map { object in
        guard object["apiVersion"]?.stringValue != apiVersion else { return object }
        var object = object
        object["apiVersion"] = .string(apiVersion)
        return complete(object, kind, target)
      }
    }
    guard let client else { throw .internalError("this server asks no conversion webhooks") }
    var named = kind
    if let first = others.first, let version = GroupVersion(apiVersion: objects[first]["apiVersion"]?.stringValue ?? "")
    {
      named.version = version.version
    }
    if objects.count > 1 { named.kind = target.resource.listKind }
    let converted = try await webhook.convert(
      others.map { objects[$0] }, to: kind.groupVersion, kind: named, by: client)
    var result = objects
    for (index, object) in zip(others, converted) { result[index] = complete(object, kind, target) }
    return result
  }

  /// What a conversion has made, without members that the version does not have. It gets no defaults: those came in where the
  /// object was written or read.
  private func complete(_ object: JSONObject, _ kind: GroupVersionKind, _ target: ServedResource) -> JSONObject {
    guard let version = target.resource.version(kind.version) else { return object }
    var tree = JSONValue.object(object)
    StoredForm(kinds).coerce(&tree, version)
    return tree.objectValue ?? object
  }
}
