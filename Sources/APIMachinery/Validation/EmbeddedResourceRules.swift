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
    switch value {
    case .object(let object):
      if schema.isEmbeddedResource { errors += problems(of: object, metadata, at: path) }
      for (name, member) in object where member.isContainer {
        if let property = schema.properties[name] {
          errors += self.errors(in: member, by: property.resolved, metadata: metadata, at: path.child(name))
        } else if case .schema(let members) = schema.additionalProperties {
          errors += self.errors(in: member, by: members.resolved, metadata: metadata, at: path.key(name))
        }
      }
    case .array(let items):
      guard let itemSchema = schema.items?.resolved else { break }
      for (index, item) in items.enumerated() where item.isContainer {
        errors += self.errors(in: item, by: itemSchema, metadata: metadata, at: path.index(index))
      }
    default: break
    }
    return errors
  }

  private static func problems(of object: JSONObject, _ metadata: Schema?, at path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    for name in ["apiVersion", "kind"] where object[name] == nil { errors.append(.required(path.child(name))) }
    for name in ["apiVersion", "kind"] {
      guard let value = object[name] else { continue }
      let path = path.child(name)
      guard let text = value.stringValue else {
        errors.append(.invalid(path, value, "must be a string"))
        continue
      }
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
    guard let value = object["metadata"] else { return errors }
    let place = path.child("metadata")
    if let metadata {
      do {
        try TypeChecker.check(value, by: metadata, definitionName: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
      } catch { return errors + [.invalid(place, value, error.message)] }
    }
    guard case .object(var members) = value else { return errors }
    // It need not have a name.
    if (members["name"]?.stringValue ?? "").isEmpty { members["name"] = "fakename" }
    let isNamespaced = !(members["namespace"]?.stringValue ?? "").isEmpty
    return errors
      + MetadataRules.errors(in: members, isNamespaced: isNamespaced, name: NameRules.pathSegment, at: place)
  }
}
