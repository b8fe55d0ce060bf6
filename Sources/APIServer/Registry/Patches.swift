import APIMachinery

/// JSON patches and merge patches with the API's errors.
enum Patches {
  static func json(_ patch: JSONValue, _ value: JSONValue) throws(StatusError) -> JSONValue {
    throw .unsupportedMediaType(accepted: ["application/merge-patch+json"])
  }

  /// RFC 7386.
  static func merge(_ patch: JSONValue, _ value: JSONValue) throws(StatusError) -> JSONValue {
    guard case .object = patch else { throw .badRequest("a merge patch is an object") }
    return merged(value, patch)
  }

  private static func merged(_ value: JSONValue, _ patch: JSONValue) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    var object = value.objectValue ?? [:]
    for (name, change) in changes {
      object[name] = change.isNull ? nil : merged(object[name] ?? .null, change)
    }
    return .object(object)
  }
}
