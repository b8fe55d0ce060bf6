import APIServer
import ClusterClient
import Controllers

/// The controllers that run beside the server.
enum ClusterControllers {
  /// - Parameters:
  ///   - authority: the cluster's authority (PEM).
  ///   - quota: what the quotas' status is counted with.
  /// - Returns: what each of them does until its task is cancelled.
  static func all(_ objects: ServerObjects, authority: String, quota: ResourceQuota) -> [@Sendable () async -> Void] {
    @Sendable func client(_ name: String) -> InProcessClient { InProcessClient(objects, name: name) }
    return [
      { await NamespaceController(client("namespace-controller")).run() },
      { await GarbageCollector(client("generic-garbage-collector")).run() },
      { await RoleAggregation(client("clusterrole-aggregation-controller")).run() },
      { await ServiceAccountController(client("service-account-controller")).run() },
      { await ServiceCIDRController(client("service-cidr-controller")).run() },
      { await RootCertificatePublisher(client("root-ca-cert-publisher"), authority: authority).run() },
      { await ClaimProtectionController(client("pvc-protection-controller")).run() },
      { await VolumeProtectionController(client("pv-protection-controller")).run() },
      { await AttributesClassProtectionController(client("vac-protection-controller")).run() },
      {
        let counting: ResourceQuotaController.Counting = { try await quota.counting($0, $1) }
        await ResourceQuotaController(client("resourcequota-controller"), counting: counting).run()
      },
    ]
  }
}
