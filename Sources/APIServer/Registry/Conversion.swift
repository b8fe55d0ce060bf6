import APIMachinery
import ClusterAPI

/// From the version that objects are kept in to the one that a request names, and back.
struct Conversion: Sendable {
  let kinds: BuiltinKinds

  static func isNeeded(to target: ServedResource) -> Bool {
    target.resource.storedAs != nil || !target.version.isStorage
  }

  func fromStorage(_ object: JSONObject, to target: ServedResource) throws(StatusError) -> JSONObject {
    try convert(object, to: target.groupVersionKind, target)
  }

  func toStorage(_ object: JSONObject, from target: ServedResource) throws(StatusError) -> JSONObject {
    let resource = target.resource
    let kind =
      resource.storedAs.map { GroupVersionKind(group: $0.group, version: "v1", kind: resource.kind) }
      ?? resource.groupVersionKind(in: resource.storageVersion?.name ?? target.version.name)
    return try convert(object, to: kind, target)
  }

  func convert(
    _ object: JSONObject, to kind: GroupVersionKind, _ target: ServedResource
  ) throws(StatusError) -> JSONObject {
    guard !target.resource.isCustom else {
      // Versions of custom kinds have the same fields, unless a webhook says otherwise.
      var object = object
      object["apiVersion"] = .string(kind.apiVersion)
      return object
    }
    guard let converted = kinds.convert(.object(object), to: kind)?.objectValue else {
      throw .internalError("an object of \(target.groupVersionKind) cannot be converted to \(kind)")
    }
    return converted
  }
}
