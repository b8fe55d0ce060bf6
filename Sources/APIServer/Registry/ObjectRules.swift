import APIMachinery
import ClusterAPI

/// The rules that an object must keep, beyond the types of its fields.
enum ObjectRules {
  /// - Returns: every violation, in the order of the fields.
  static func violations(
    _ new: JSONObject, old: JSONObject?, _ target: ServedResource, _ kinds: BuiltinKinds, subresource: String
  ) -> [FieldError] {
    if target.resource.isCustom { return custom(new, old: old, target) }
    let errors = kinds.validate(
      .object(new), old: old.map { .object($0) }, kind: target.groupVersionKind, subresource: subresource)
    switch target.groupResource {
    case CertificateRequests.resource: return errors + CertificateRequests.violations(new, old: old)
    case DefinitionRules.resource where subresource.isEmpty:
      return errors + DefinitionRules.violations(new, old: old, kinds)
    default: return errors
    }
  }

  private static func custom(_ new: JSONObject, old: JSONObject?, _ target: ServedResource) -> [FieldError] {
    let metadata = new.metadata
    var errors = MetadataRules.errors(
      in: metadata, isNamespaced: target.resource.isNamespaced, name: NameRules.dns1123Subdomain)
    if let old { errors += MetadataRules.errors(in: metadata, updating: old.metadata) }
    let value = JSONValue.object(new)
    errors += ValueValidator.errors(in: value, by: target.version.schema, old: old.map { .object($0) })
    return errors + ListTypeValidator.errors(in: value, by: target.version.schema)
  }
}
