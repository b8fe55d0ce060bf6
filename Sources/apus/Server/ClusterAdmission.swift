import APIServer

/// What stands between an allowed request and the store, in kube-apiserver's order.
enum ClusterAdmission {
  /// - Parameter registry: given late, because the registry holds its admission.
  static func chain(
    _ cluster: ClusterStore, authorizer: any Authorizer, registry: @escaping @Sendable () -> Registry
  ) -> AdmissionChain {
    AdmissionChain([
      NamespaceLifecycle(cluster),
      ServiceAccountAdmission(cluster),
      UnsupportedKinds(),
      CertificateApproval(authorizer),
      CertificateSigning(authorizer),
      CertificateSubjectRestriction(),
      RoleEscalation(registry, authorizer: authorizer),
    ])
  }
}
