import APIMachinery
import ClusterClient

/// Every namespace has an account named `default` (kube-controller-manager's service-account controller).
public struct ServiceAccountController: Sendable {
  private let keeper: NamespaceObjectKeeper

  public init(_ client: any ClusterClient) {
    keeper = NamespaceObjectKeeper(
      client, resource: GroupResource(group: "", resource: "serviceaccounts"), name: "default",
      object: ["kind": "ServiceAccount", "apiVersion": "v1"])
  }

  /// Works until the task is cancelled.
  public func run() async { await keeper.run() }
}

/// Every namespace has the cluster's authority in a ConfigMap (kube-controller-manager's root-ca-cert publisher).
public struct RootCertificatePublisher: Sendable {
  private let keeper: NamespaceObjectKeeper

  /// - Parameter authority: PEM.
  public init(_ client: any ClusterClient, authority: String) {
    keeper = NamespaceObjectKeeper(
      client, resource: GroupResource(group: "", resource: "configmaps"), name: "kube-root-ca.crt",
      object: ["kind": "ConfigMap", "apiVersion": "v1", "data": ["ca.crt": .string(authority)]], fixed: "data")
  }

  /// Works until the task is cancelled.
  public func run() async { await keeper.run() }
}
