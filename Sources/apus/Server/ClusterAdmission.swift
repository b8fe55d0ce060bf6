import APIServer

/// What stands between an allowed request and the store, in kube-apiserver's order.
enum ClusterAdmission {
  /// - Parameters:
  ///   - outbound: by which webhooks are reached.
  ///   - registry: given late, because the registry holds its admission.
  static func chain(
    _ cluster: ClusterStore, authorizer: any Authorizer, outbound: OutboundClient,
    registry: @escaping @Sendable () -> Registry
  ) -> AdmissionChain {
    AdmissionChain([
      NamespaceLifecycle(cluster),
      UnsupportedKinds(),
      RoleEscalation(registry, authorizer: authorizer),
      MutatingWebhooks(cluster, client: outbound, registry: registry),
      ValidatingWebhooks(cluster, client: outbound, registry: registry),
    ])
  }
}
