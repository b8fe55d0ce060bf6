import APIServer
import ClusterClient
import ContainerEngine
import Controllers
import FoundationEssentials
import Linux

/// The controllers that run beside the server.
enum ClusterControllers {
  /// - Parameters:
  ///   - others: the objects of other API servers behind this one.
  ///   - quota: what the quotas' status is counted with.
  ///   - address: `host:port` by which clients reach the server.
  /// - Returns: what each of them does until its task is cancelled.
  static func all(
    _ objects: ServerObjects, _ others: AggregatedObjects, _ certificates: ClusterCertificates,
    authorizer: any Authorizer, quota: ResourceQuota,
    address: String
  ) -> [@Sendable () async -> Void] {
    @Sendable func client(_ name: String) -> InProcessClient { InProcessClient(objects, others, name: name) }
    let signer = { @Sendable in certificates.signer }
    return [
      { await NamespaceController(client("namespace-controller")) { Log.warning($0) }.run() },
      { await GarbageCollector(client("generic-garbage-collector")) { Log.warning($0) }.run() },
      { await RoleAggregation(client("clusterrole-aggregation-controller")).run() },
      { await ServiceAccountController(client("service-account-controller")).run() },
      { await ServiceCIDRController(client("service-cidr-controller")).run() },
      { await ClaimProtectionController(client("pvc-protection-controller")).run() },
      { await VolumeProtectionController(client("pv-protection-controller")).run() },
      { await AttributesClassProtectionController(client("vac-protection-controller")).run() },
      {
        let counting: ResourceQuotaController.Counting = { try await quota.counting($0, $1) }
        await ResourceQuotaController(client("resourcequota-controller"), counting: counting).run()
      },
      {
        await RootCertificatePublisher(client("root-ca-cert-publisher"), authorities: certificates.authorities()).run()
      },
      {
        await CertificateApprovingController(client("certificate-controller")) {
          await ClusterControllers.isAllowed($0, authorizer)
        }.run()
      },
      { await CertificateSigningController(client("certificate-controller"), authority: signer).run() },
      { await CertificateCleaner(client("certificate-controller")).run() },
      {
        await AccountTokenController(
          client("tokens-controller"), tokens: certificates.tokens, authorities: certificates.authorities()
        ).run()
      },
      {
        await LegacyTokenCleaner(client("legacy-service-account-token-cleaner")) { Log.warning($0) }.run()
      },
      { await BootstrapTokenCleaner(client("token-cleaner")).run() },
      {
        await ClusterInfoPublisher(
          client("bootstrap-signer"), contents: certificates.clusterInfo(server: "https://\(address)")
        ).run()
      },
    ]
  }

  /// Runs them side by side until the task is cancelled.
  static func run(_ controllers: [@Sendable () async -> Void]) async {
    await withTaskGroup(of: Void.self) { group in for controller in controllers { group.addTask(operation: controller) }
    }
  }

  /// Which of the servers that share a store runs them: the one that has the lease of kube-controller-manager's name.
  static func election(
    _ objects: ServerObjects, _ others: AggregatedObjects, report: @escaping @Sendable (String) -> Void
  ) -> LeaderElection {
    let name = "kube-controller-manager"
    return LeaderElection(
      InProcessClient(objects, others, name: name), name: name,
      identity: "\(SystemFacts.hostName)_\(UUID().uuidString.lowercased())", report: report)
  }

  private static func isAllowed(_ question: AccessQuestion, _ authorizer: any Authorizer) async -> Bool {
    let user = User(name: question.user, uid: question.uid, groups: question.groups, extra: question.extra)
    let info = RequestInfo(
      verb: question.verb, group: question.group, version: "*", resource: question.resource,
      subresource: question.subresource)
    if case .allowed = await authorizer.authorize(user, info) { return true }
    return false
  }
}
