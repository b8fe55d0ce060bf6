import APIMachinery
import ClusterClient

/// Lets go of volumes that are being deleted when no claim has them any more (kube-controller-manager's
/// persistentvolume-protection controller).
public struct VolumeProtectionController: Sendable {
  private static let volumes = GroupResource(group: "", resource: "persistentvolumes")
  private let client: any ClusterClient
  private let finalizer: UseFinalizer

  public init(_ client: any ClusterClient) {
    self.client = client
    finalizer = UseFinalizer(client: client, name: "kubernetes.io/pv-protection")
  }

  /// Works until the task is cancelled.
  public func run() async {
    for await change in client.changes(of: [Self.volumes]) {
      guard let header = change.current?.header else { continue }
      await finalizer.look(change.resource, namespace: "", header.name) {
        $0.text(at: "status", "phase") == "Bound"
      }
    }
  }
}
