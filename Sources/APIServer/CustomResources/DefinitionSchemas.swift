import APIMachinery
import ClusterAPI

/// Checks the schemas of a CustomResourceDefinition: that they are structural, that their rules compile and what those cost,
/// and the fields that objects can be selected by.
enum DefinitionSchemas {
  /// - Returns: what is wrong; of an update only in what it changes.
  static func errors(in new: JSONObject, old: JSONObject?, _ kinds: BuiltinKinds) -> [FieldError] {
    let spec = new["spec"]
    guard spec?["preserveUnknownFields"]?.boolValue != true else { return [] }
    let versions = spec?["versions"]?.arrayValue ?? []
    let before = old?["spec"]?["versions"]?.arrayValue ?? []
    // Where all versions say the same they are told of as one.
    let isShared = Set(versions.map { $0["schema"] ?? .null }).count == 1
    let hasSharedFields = Set(versions.map { $0["selectableFields"] ?? .null }).count == 1
    var errors: [FieldError] = []
    for (index, version) in versions.enumerated() {
      let place = FieldPath("spec", "versions").index(index)
      let known = before.first { $0["name"] == version["name"] }
      func isUnchanged(_ name: String) -> Bool { known.map { $0[name] == version[name] } ?? false }
      guard let schema = version["schema"]?["openAPIV3Schema"] else { continue }
      let hasStatus = version["subresources"]?["status"] != nil
      if !isShared || index == 0, !isUnchanged("schema") || !isUnchanged("subresources") {
        errors += self.errors(
          in: schema, hasStatus: hasStatus, kinds,
          at: (isShared ? FieldPath("spec", "validation") : place.child("schema")).child("openAPIV3Schema"))
      }
      if !hasSharedFields || index == 0, !isUnchanged("selectableFields"),
        let fields = version["selectableFields"]?.arrayValue
      {
        let path = hasSharedFields ? FieldPath("spec", "selectableFields") : place.child("selectableFields")
        errors += self.errors(inFields: fields, schema, at: path)
      }
    }
    return errors
  }

  private static func errors(
    in value: JSONValue, hasStatus: Bool, _ kinds: BuiltinKinds, at path: FieldPath
  ) -> [FieldError] {
    let metadata = kinds.registry["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]
    let rules = StructuralSchemaRules(
      hasStatusSubresource: hasStatus, metadata: metadata, evaluator: CELRuleEvaluator())
    let errors = rules.errors(in: value, at: path)
    // Rules of a schema that is none have no types to be checked against.
    guard errors.isEmpty, let schema = try? SchemaReader(.customResource).schema(value) else { return errors }
    return SchemaRuleCosts.errors(in: schema, at: path)
  }

  private static func errors(inFields fields: [JSONValue], _ value: JSONValue, at path: FieldPath) -> [FieldError] {
    guard let schema = try? SchemaReader(.customResource).schema(value) else { return [] }
    var errors: [FieldError] = []
    var seen: Set<[String]> = []
    for (index, field) in fields.enumerated() {
      let place = path.index(index).child("jsonPath")
      let text = field["jsonPath"]?.stringValue ?? ""
      guard !text.isEmpty else {
        errors.append(.required(place))
        continue
      }
      guard !text.contains("[") else {
        errors.append(.invalid(place, .string(text), "is an invalid path: array notation is not allowed"))
        continue
      }
      do throws(SchemaError) {
        let parsed = try SchemaFieldPath(text)
        let node = try parsed.resolve(in: schema).schema
        if parsed.names.first == "metadata" {
          errors.append(.invalid(place, .string(text), "must not point to fields in metadata"))
        }
        if ![SchemaType.string, .boolean, .integer].contains(node.type) {
          errors.append(
            .invalid(
              place, .string(text),
              "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
            ))
        }
        if !seen.insert(parsed.names).inserted { errors.append(.duplicate(place, .string(text))) }
      } catch {
        errors.append(.invalid(place, .string(text), "is an invalid path: \(error.message)"))
      }
    }
    return errors
  }
}
