import APIServer

/// What stands between an allowed request and the store, in kube-apiserver's order.
enum ClusterAdmission {
  /// - Parameters:
  ///   - quota: comes last: what another plugin refuses takes nothing.
  ///   - outbound: by which webhooks are reached.
  ///   - plugins: which of those that can be left out run.
  ///   - told: what plugins are told.
  ///   - tolerations: how long pods stay on nodes that are gone.
  ///   - metrics: told how long they take, and what they find.
  ///   - registry: given late, because the registry holds its admission.
  /// - Throws: where a plugin is named that there is not.
  static func chain(
    _ cluster: ClusterStore, authorizer: any Authorizer, quota: ResourceQuota, outbound: OutboundClient,
    plugins: AdmissionPlugins, _ told: AdmissionConfiguration, tolerations: DefaultTolerationSeconds,
    metrics: AdmissionMetrics,
    registry: @escaping @Sendable () -> Registry
  ) throws -> AdmissionChain {
    let selected = try plugins.select([
      .init("AlwaysAdmit", isOn: false, AlwaysAdmit()),
      .init("NamespaceAutoProvision", isOn: false, NamespaceAutoProvision(cluster, registry: registry)),
      .init("NamespaceLifecycle", NamespaceLifecycle(cluster)),
      .init("NamespaceExists", isOn: false, NamespaceExists(cluster)),
      .init("LimitPodHardAntiAffinityTopology", isOn: false, LimitPodHardAntiAffinityTopology()),
      .init("LimitRanger", LimitRanger(cluster)),
      .init("ServiceAccount", ServiceAccountAdmission(cluster)),
      .init("NodeRestriction", NodeRestriction(cluster, authorizer: authorizer)),
      .init("TaintNodesByCondition", TaintNodesByCondition()),
      .init("AlwaysPullImages", isOn: false, AlwaysPullImages()),
      .init("ImagePolicyWebhook", isOn: false, ImagePolicyWebhook(told.imagePolicy, client: outbound)),
      .init("PodSecurity", PodSecurity(cluster, told.podSecurity, metrics: metrics)),
      .init("PodNodeSelector", isOn: false, PodNodeSelector(cluster, told.nodeSelectors)),
      .init("Priority", Priority(cluster)),
      .init("DefaultTolerationSeconds", tolerations),
      .init("PodTolerationRestriction", isOn: false, PodTolerationRestriction(cluster, told.tolerations)),
      .init("EventRateLimit", isOn: false, EventRateLimit(told.eventLimits)),
      .init("ExtendedResourceToleration", isOn: false, ExtendedResourceToleration()),
      .init("DefaultStorageClass", DefaultStorageClass(cluster)),
      .init("StorageObjectInUseProtection", StorageObjectInUseProtection()),
      .init(
        "OwnerReferencesPermissionEnforcement", isOn: false,
        OwnerReferencesPermissionEnforcement(authorizer, registry: registry)),
      .init("PersistentVolumeClaimResize", PersistentVolumeClaimResize(cluster)),
      .init("RuntimeClass", RuntimeClass(cluster)),
      .init("CertificateApproval", CertificateApproval(authorizer)),
      .init("CertificateSigning", CertificateSigning(authorizer)),
      .init("CertificateSubjectRestriction", CertificateSubjectRestriction()),
      .init("DefaultIngressClass", DefaultIngressClass(cluster)),
      .init("DenyServiceExternalIPs", isOn: false, DenyServiceExternalIPs()),
      .init("PodTopologyLabels", PodTopologyLabels(cluster)),
      .init("MutatingAdmissionPolicy", MutatingPolicies(cluster, authorizer: authorizer, registry: registry)),
      .init(
        "MutatingAdmissionWebhook",
        MutatingWebhooks(
          cluster, client: outbound, credentials: told.mutatingWebhooks, authorizer: authorizer, registry: registry)),
      .init("ValidatingAdmissionPolicy", ValidatingPolicies(cluster, authorizer: authorizer, registry: registry)),
      .init(
        "ValidatingAdmissionWebhook",
        ValidatingWebhooks(
          cluster, client: outbound, credentials: told.validatingWebhooks, authorizer: authorizer, registry: registry)),
      .init("ResourceQuota", quota),
      .init("AlwaysDeny", isOn: false, AlwaysDeny()),
    ])
    // Not to be left out: what RBAC, the priority levels, claims to devices and policies demand.
    let always: [any Admission] = [
      UnreadableRules(cluster), FlowControlGuard(registry), DeviceClaimGuard(authorizer: authorizer),
      PolicyParameterGuard(registry, authorizer: authorizer),
    ]
    // Judges what the others have made of a role, and before anybody is asked who only judges: quotas take nothing by then.
    let last = AdmissionChain.Member(RoleEscalation(registry, authorizer: authorizer))
    return AdmissionChain(always.map { AdmissionChain.Member($0) } + selected + [last], metrics: metrics)
  }
}
