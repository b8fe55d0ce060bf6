import APIMachinery
import ClusterAPI

/// The rules that an object must keep, beyond the types of its fields.
enum ObjectRules {
  /// - Returns: every violation, in the order of the fields.
  static func violations(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, _ strategy: any KindStrategy, _ kinds: BuiltinKinds,
    _ context: RequestContext, subresource: String, emptied: EmptiedFields
  ) -> [FieldError] {
    if target.resource.isCustom { return custom(new, old: old, target, kinds, context) }
    return kinds.validate(
      .object(new), old: old.map { .object($0) }, kind: target.groupVersionKind, subresource: subresource,
      emptied: emptied
    ) { new, old in
      strategy.violations(new.objectValue ?? [:], old: old?.objectValue, subresource: subresource, kinds)
    }
  }

  private static func custom(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds, _ context: RequestContext
  ) -> [FieldError] {
    let metadata = new.metadata
    var errors = MetadataRules.errors(
      in: metadata, isNamespaced: target.resource.isNamespaced, name: NameRules.dns1123Subdomain)
    if let old { errors += MetadataRules.errors(in: metadata, updating: old.metadata) }
    let value = JSONValue.object(new)
    if context.info.subresource == "status" {
      // Of a status that is written alone, only the status is judged.
      if let status = new["status"], let schema = target.version.schema.properties["status"]?.resolved {
        errors += ValueValidator.errors(in: status, by: schema, old: old?["status"], at: FieldPath("status"))
      }
    } else {
      errors += ValueValidator.errors(in: value, by: target.version.schema, old: old.map { .object($0) })
    }
    errors += ScaleRules.errors(in: new, target.version, subresource: context.info.subresource)
    // What was wrong with lists before an update may stay so.
    if old.map({ ListTypeValidator.errors(in: .object($0), by: target.version.schema).isEmpty }) ?? true {
      errors += ListTypeValidator.errors(in: value, by: target.version.schema)
    }
    errors += EmbeddedResourceRules.errors(
      in: value, by: target.version.schema, metadata: kinds.registry[BodyReader.objectMeta])
    // Rules are not asked about what does not even have the right shape.
    let shape: Set<FieldError.Kind> = [.notSupported, .required, .tooLong, .tooMany, .typeInvalid]
    if target.version.schema.hasValidationRules, errors.contains(where: { shape.contains($0.kind) }) {
      return errors + [
        .invalid(
          FieldPath(), .null,
          "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"
        )
      ]
    }
    let rules = SchemaRuleEvaluation.evaluate(new, by: target.version.schema, old: old)
    for warning in rules.warnings { context.warn(warning.description) }
    return errors + rules.errors
  }
}
