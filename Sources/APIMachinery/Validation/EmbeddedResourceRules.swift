/// The rules of objects within objects of a custom kind (`x-kubernetes-embedded-resource`): they say what they are, and
/// their metadata is that of an object.
public enum EmbeddedResourceRules {
  /// - Parameters:
  ///   - value: the object of a custom kind, or a part of it.
  ///   - metadata: the schema of an object's metadata.
  /// - Returns: what is wrong with the objects below it.
  public static func errors(
    in value: JSONValue, by schema: Schema, metadata: Schema?, at path: FieldPath = FieldPath()
  ) -> [FieldError] {
    var errors: [FieldError] = []
    visit(value, schema, path) { errors += problems(of: $0, metadata, at: $1) }
    return errors
  }

  /// The first part of the objects below a value that no object can have, such as a name that is a number: that is refused
  /// as it is read, before anything is validated.
  public static func malformed(in value: JSONValue, by schema: Schema, metadata: Schema?) -> FieldError? {
    var found: FieldError?
    visit(value, schema, FieldPath()) { object, path in
      if found == nil { found = malformed(object, metadata, at: path) }
    }
    return found
  }

  /// Calls a closure with each object below a value that is to be one, the outer one first.
  private static func visit(
    _ value: JSONValue, _ schema: Schema, _ path: FieldPath, _ body: (JSONObject, FieldPath) -> Void
  ) {
    switch value {
    case .object(let object):
      if schema.isEmbeddedResource { body(object, path) }
      for (name, member) in object where member.isContainer {
        if let property = schema.properties[name] {
          visit(member, property.resolved, path.child(name), body)
        } else if case .schema(let members) = schema.additionalProperties {
          visit(member, members.resolved, path.key(name), body)
        }
      }
    case .array(let items):
      guard let itemSchema = schema.items?.resolved else { return }
      for (index, item) in items.enumerated() where item.isContainer {
        visit(item, itemSchema, path.index(index), body)
      }
    default: return
    }
  }

  private static func malformed(_ object: JSONObject, _ metadata: Schema?, at path: FieldPath) -> FieldError? {
    for name in ["apiVersion", "kind"] {
      if let value = object[name], value.stringValue == nil {
        return .invalid(path.child(name), value, "must be a string")
      }
    }
    guard let value = object["metadata"], let metadata else { return nil }
    do {
      try TypeChecker.check(value, by: metadata, definitionName: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
    } catch { return .invalid(path.child("metadata"), value, error.message) }
    return nil
  }

  private static func problems(of object: JSONObject, _ metadata: Schema?, at path: FieldPath) -> [FieldError] {
    if let problem = malformed(object, metadata, at: path) { return [problem] }
    var errors: [FieldError] = []
    for name in ["apiVersion", "kind"] where object[name] == nil { errors.append(.required(path.child(name))) }
    for name in ["apiVersion", "kind"] {
      guard let value = object[name], let text = value.stringValue else { continue }
      let path = path.child(name)
      if text.isEmpty {
        errors.append(.invalid(path, value, "must not be empty"))
      } else if name == "kind" {
        let problems = NameRules.dns1035Label(text.lowercased())
        guard !problems.isEmpty else { continue }
        let words = "may have mixed case, but should otherwise match: " + problems.joined(separator: ",")
        errors.append(.invalid(path, value, words))
      } else if GroupVersion(apiVersion: text) == nil {
        errors.append(.invalid(path, value, "unexpected GroupVersion string: \(text)"))
      }
    }
    guard case .object(var members)? = object["metadata"] else { return errors }
    let place = path.child("metadata")
    // It need not have a name.
    if (members["name"]?.stringValue ?? "").isEmpty { members["name"] = "fakename" }
    let isNamespaced = !(members["namespace"]?.stringValue ?? "").isEmpty
    return errors
      + MetadataRules.errors(in: members, isNamespaced: isNamespaced, name: NameRules.pathSegment, at: place)
  }
}
