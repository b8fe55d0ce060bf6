import APIMachinery

/// JSON patches and merge patches of trees.
enum Patches {
  /// RFC 6902.
  static func json(_ patch: JSONValue, _ value: JSONValue) throws(StatusError) -> JSONValue {
    try JSONPatch(patch).applied(to: value)
  }

  /// RFC 7386.
  static func merge(_ patch: JSONValue, _ value: JSONValue) throws(StatusError) -> JSONValue {
    .object(try MergePatch.applied(patch, to: value.objectValue ?? [:]))
  }
}
