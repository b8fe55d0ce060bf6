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
    for await change in client.changes(of: Set(Self.uses.keys).union([Self.classes])) {
      let place = change.resource.groupResource
      if place == Self.classes {
        guard let header = change.current?.header else { continue }
        await look(change.resource, header.name)
      } else if let paths = Self.uses[place], let before = change.previous,
        let classes = client.resources().first(where: { $0.groupResource == Self.classes })
      {
        for name in Self.names(in: before, paths) { await look(classes, name) }
      }
    }
  }

  private func look(_ classes: ClusterResource, _ name: String) async {
    await finalizer.look(classes, namespace: "", name) { _ in
      for resource in client.resources() {
        guard let paths = Self.uses[resource.groupResource] else { continue }
        let objects = try await client.list(resource, namespace: "")
        if objects.contains(where: { Self.names(in: $0, paths).contains(name) }) { return true }
      }
      return false
    }
  }

  private static func names(in object: StoredObject, _ paths: [[String]]) -> Set<String> {
    Set(paths.compactMap { object.value(at: $0)?.stringValue }.filter { !$0.isEmpty })
  }
}
