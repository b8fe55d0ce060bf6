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
    await Reconciler(client, of: Self.volumes, where: { _ in true }) { key in
      try await finalizer.look(Self.volumes, key) { $0.text(at: "status", "phase") == "Bound" }
      return nil
    }.run()
  }
}
