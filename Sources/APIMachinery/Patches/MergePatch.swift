/// Changes to a JSON object as an object of its shape (RFC 7386): members replace members, null removes.
public enum MergePatch {
  /// The changed object.
  ///
  /// As in the Go package that Kubernetes uses, members that are null are left out of whatever is new in the object,
  /// within arrays too.
  /// - Throws: a `badRequest` where the patch is no object.
  public static func applied(_ patch: JSONValue, to document: JSONObject) throws(StatusError) -> JSONObject {
    // The decoder takes a null for an object without members, what applies it does not.
    if case .null = patch { throw .badRequest("Invalid JSON Patch") }
    guard let patch = patch.objectValue else {
      throw .badRequest(
        "error decoding patch: json: cannot unmarshal \(patch.goKind) into Go value of type map[string]interface {}")
    }
    var result = document
    merge(patch, into: &result)
    return result
  }

  /// The changed object, with the patch read from a request's body.
  public static func applied(_ body: [UInt8], to document: JSONObject) throws(StatusError) -> JSONObject {
    guard let patch = try? JSONValue(json: body) else { throw .badRequest("Invalid JSON Patch") }
    return try applied(patch, to: document)
  }

  private static func merge(_ patch: JSONObject, into document: inout JSONObject) {
    for (name, change) in patch {
      if change.isNull {
        document.remove(name)
        continue
      }
      guard let index = document.index(of: name) else {
        document[name] = pruned(change)
        continue
      }
      switch (document[index].value, change) {
      case (.object(var current), .object(let change)):
        // What is changed is taken out, so that it has one owner and is not copied.
        _ = document.exchange(at: index, with: .null)
        merge(change, into: &current)
        _ = document.exchange(at: index, with: .object(current))
      case (.object, _): _ = document.exchange(at: index, with: change)
      default: _ = document.exchange(at: index, with: pruned(change))
      }
    }
  }

  /// The value without members that are null.
  private static func pruned(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      var kept = JSONObject()
      for (name, member) in object where !member.isNull { kept[name] = pruned(member) }
      return .object(kept)
    case .array(let elements): return .array(elements.map(pruned))
    default: return value
    }
  }
}
