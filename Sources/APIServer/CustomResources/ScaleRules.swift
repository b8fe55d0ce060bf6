import APIMachinery
import ClusterAPI

/// What an object of a custom kind must have where its scale is read from (apiextensions-apiserver, `customResourceValidator`).
enum ScaleRules {
  /// - Parameter subresource: where the status is written alone, only what the status says is judged.
  static func errors(in object: JSONObject, _ version: ResourceVersion, subresource: String) -> [FieldError] {
    guard case .scale(let paths)? = version.subresource("scale")?.behaviour else { return [] }
    var errors = subresource == "status" ? [] : count(object, paths.specReplicas)
    errors += count(object, paths.statusReplicas)
    guard let selector = paths.labelSelector else { return errors }
    return errors + member(object, selector, as: "string", fallback: "") { $0.stringValue != nil ? [] : nil }
  }

  private static func count(_ object: JSONObject, _ path: String) -> [FieldError] {
    member(object, path, as: "int64", fallback: 0) { value in
      guard let count = value.integerValue else { return nil }
      if count < 0 { return [.invalid(FieldPath(path), value, "should be a non-negative integer")] }
      guard count > Int32.max else { return [] }
      return [.invalid(FieldPath(path), value, "should be less than or equal to \(Int32.max)")]
    }
  }

  /// Judges what stands at a path; nothing is wrong where nothing stands there.
  /// - Parameter judge: nil where the value is of another type.
  private static func member(
    _ object: JSONObject, _ path: String, as type: String, fallback: JSONValue, _ judge: (JSONValue) -> [FieldError]?
  ) -> [FieldError] {
    func other(_ value: JSONValue, _ place: ArraySlice<String>, _ expected: String) -> [FieldError] {
      let place = place.map { "." + $0 }.joined()
      return [
        .invalid(
          FieldPath(path), fallback,
          "\(place) accessor error: \(value.goDescription) is of the type \(value.goType), expected \(expected)")
      ]
    }
    let names = (path.hasPrefix(".") ? path.dropFirst() : path[...]).split(
      separator: ".", omittingEmptySubsequences: false
    ).map(String.init)
    var value = JSONValue.object(object)
    for (index, name) in names.enumerated() {
      if value.isNull { return [] }
      guard let members = value.objectValue else { return other(value, names[...index], "map[string]interface{}") }
      guard let next = members[name] else { return [] }
      value = next
    }
    return judge(value) ?? other(value, names[...], type)
  }
}
