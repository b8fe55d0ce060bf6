import APIServer

/// What stands between an allowed request and the store, in kube-apiserver's order.
enum ClusterAdmission {
  /// - Parameters:
  ///   - quota: comes last: what another plugin refuses takes nothing.
  ///   - registry: given late, because the registry holds its admission.
  static func chain(
    _ cluster: ClusterStore, authorizer: any Authorizer, quota: ResourceQuota,
    registry: @escaping @Sendable () -> Registry
  ) -> AdmissionChain {
    AdmissionChain([
      NamespaceLifecycle(cluster),
      UnsupportedKinds(),
      LimitRanger(cluster),
      RoleEscalation(registry, authorizer: authorizer),
      quota,
    ])
  }
}
