import APIMachinery

/// From the version that objects are kept in to the one that a request names, and back.
enum Conversion {
  /// Changes an object of one version to another.
  typealias Function = @Sendable (JSONObject) throws(StatusError) -> JSONObject

  static func isNeeded(to target: ServedResource) -> Bool {
    target.resource.storedAs != nil || !target.version.isStorage
  }

  static func fromStorage(_ object: JSONObject, to target: ServedResource) throws(StatusError) -> JSONObject {
    var object = try BuiltinConversions.find(target.groupVersionKind)?.fromStorage(object) ?? object
    object["apiVersion"] = .string(target.groupVersionKind.apiVersion)
    object["kind"] = .string(target.resource.kind)
    return object
  }

  static func toStorage(_ object: JSONObject, from target: ServedResource) throws(StatusError) -> JSONObject {
    var object = try BuiltinConversions.find(target.groupVersionKind)?.toStorage(object) ?? object
    if let place = target.resource.storedAs {
      object["apiVersion"] = .string(GroupVersion(group: place.group, version: "v1").apiVersion)
    } else if let version = target.resource.storageVersion {
      object["apiVersion"] = .string(GroupVersion(group: target.resource.group, version: version.name).apiVersion)
    }
    return object
  }
}
