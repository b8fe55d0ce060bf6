import APIMachinery
import ClusterClient

/// Lets go of classes of volume attributes that are being deleted when no claim and no volume has them any more
/// (kube-controller-manager's volumeattributesclass-protection controller).
public struct AttributesClassProtectionController: Sendable {
  private static let classes = GroupResource(group: "storage.k8s.io", resource: "volumeattributesclasses")
  /// Where an object names the class that it has, or is about to have.
  private static let uses: [GroupResource: [[String]]] = [
    GroupResource(group: "", resource: "persistentvolumes"): [["spec", "volumeAttributesClassName"]],
    GroupResource(group: "", resource: "persistentvolumeclaims"): [
      ["spec", "volumeAttributesClassName"], ["status", "currentVolumeAttributesClassName"],
      ["status", "modifyVolumeStatus", "targetVolumeAttributesClassName"],
    ],
  ]
  private let client: any ClusterClient
  private let finalizer: UseFinalizer

  public init(_ client: any ClusterClient) {
    self.client = client
    finalizer = UseFinalizer(client: client, name: "kubernetes.io/vac-protection")
  }

  /// Works until the task is cancelled.
  public func run() async {
    let watched = Set(Self.uses.keys).union([Self.classes])
    await Reconciler(client, watching: watched, keys: Self.keys) { key in
      try await finalizer.look(Self.classes, key) { _ in
        for resource in client.resources() {
          guard let paths = Self.uses[resource.groupResource] else { continue }
          let objects = try await client.list(resource, namespace: "")
          if objects.contains(where: { Self.names(in: $0, paths).contains(key.name) }) { return true }
        }
        return false
      }
      return nil
    }.run()
  }

  private static func keys(_ change: ClusterChange) -> [Reconciler.Key] {
    guard let paths = uses[change.resource.groupResource] else {
      return change.current.map { [Reconciler.Key(name: $0.header.name)] } ?? []
    }
    return change.previous.map { names(in: $0, paths).map { Reconciler.Key(name: $0) } } ?? []
  }

  private static func names(in object: StoredObject, _ paths: [[String]]) -> Set<String> {
    Set(paths.compactMap { object.value(at: $0)?.stringValue }.filter { !$0.isEmpty })
  }
}
