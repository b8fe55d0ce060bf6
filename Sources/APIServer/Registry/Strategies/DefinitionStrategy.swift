import APIMachinery
import ClusterAPI

/// CustomResourceDefinitions: their schemas are compiled.
struct DefinitionStrategy: KindStrategy {
  func violations(
    _ new: JSONObject, old: JSONObject?, subresource: String, _ kinds: BuiltinKinds
  ) -> [FieldError] { subresource.isEmpty ? DefinitionSchemas.errors(in: new, old: old, kinds) : [] }
}
