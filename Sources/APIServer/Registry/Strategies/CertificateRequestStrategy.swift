import APIMachinery
import ClusterAPI

/// Requests for certificates: the server says who asks, and reads what is asked for.
struct CertificateRequestStrategy: KindStrategy {
  func settle(_ new: inout JSONObject, for user: User) { CertificateRequests.stamp(&new, user) }

  func violations(
    _ new: JSONObject, old: JSONObject?, subresource: String, _ kinds: BuiltinKinds
  ) -> [FieldError] { CertificateRequests.violations(new, old: old) }
}
