import APIMachinery
import ClusterAPI

/// Policies and configurations of webhooks: their expressions are compiled.
struct AdmissionExpressionStrategy: KindStrategy {
  /// Those of the group `admissionregistration.k8s.io` that have expressions.
  static let resources = [
    "mutatingadmissionpolicies", "mutatingwebhookconfigurations", "validatingadmissionpolicies",
    "validatingwebhookconfigurations",
  ]

  let resource: String

  func violations(
    _ new: JSONObject, old: JSONObject?, subresource: String, _ kinds: BuiltinKinds
  ) -> [FieldError] { subresource.isEmpty ? PolicyExpressions.errors(in: new, old: old, resource) : [] }
}
