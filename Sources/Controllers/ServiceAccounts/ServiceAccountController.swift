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
