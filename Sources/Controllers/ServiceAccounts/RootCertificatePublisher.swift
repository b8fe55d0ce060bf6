import APIMachinery
import ClusterClient

/// Every namespace has the cluster's authorities in a ConfigMap (kube-controller-manager's root-ca-cert publisher).
public struct RootCertificatePublisher: Sendable {
  private let keeper: NamespaceObjectKeeper
  private let authorities: AsyncStream<String>

  /// - Parameter authorities: who is trusted (PEM), now and after each change.
  public init(_ client: any ClusterClient, authorities: AsyncStream<String>) {
    self.authorities = authorities
    keeper = NamespaceObjectKeeper(
      client, resource: GroupResource(group: "", resource: "configmaps"), name: "kube-root-ca.crt", fixed: "data")
  }

  /// Works until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await keeper.run() }
      group.addTask {
        for await bundle in authorities {
          await keeper.keep(["kind": "ConfigMap", "apiVersion": "v1", "data": ["ca.crt": .string(bundle)]])
        }
      }
    }
  }
}
