import APIServer
import ClusterClient
import Controllers

/// The controllers that run beside the server.
enum ClusterControllers {
  /// - Parameter authority: the cluster's authority (PEM).
  /// - Returns: what each of them does until its task is cancelled.
  static func all(_ objects: ServerObjects, authority: String) -> [@Sendable () async -> Void] {
    @Sendable func client(_ name: String) -> InProcessClient { InProcessClient(objects, name: name) }
    return [
      { await NamespaceController(client("namespace-controller")).run() },
      { await GarbageCollector(client("generic-garbage-collector")).run() },
      { await RoleAggregation(client("clusterrole-aggregation-controller")).run() },
      { await ServiceAccountController(client("service-account-controller")).run() },
      { await ServiceCIDRController(client("service-cidr-controller")).run() },
      { await RootCertificatePublisher(client("root-ca-cert-publisher"), authority: authority).run() },
    ]
  }
}
