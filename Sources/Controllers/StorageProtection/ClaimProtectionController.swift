import APIMachinery
import ClusterClient

/// Lets go of claims that are being deleted when no pod uses them any more (kube-controller-manager's
/// persistentvolumeclaim-protection controller).
public struct ClaimProtectionController: Sendable {
  private static let claims = GroupResource(group: "", resource: "persistentvolumeclaims")
  private static let pods = GroupResource(group: "", resource: "pods")
  private let client: any ClusterClient
  private let finalizer: UseFinalizer

  public init(_ client: any ClusterClient) {
    self.client = client
    finalizer = UseFinalizer(client: client, name: "kubernetes.io/pvc-protection")
  }

  /// Works until the task is cancelled.
  public func run() async {
    for await change in client.changes(of: [Self.claims, Self.pods]) {
      switch change.resource.groupResource {
      case Self.claims:
        guard let header = change.current?.header else { continue }
        await look(change.resource, header.namespace, header.name)
      case Self.pods:
        // One that goes, or that ends, may have been the last.
        guard let pod = change.previous, change.current == nil || Self.hasEnded(change.current),
          let claims = client.resources().first(where: { $0.groupResource == Self.claims })
        else { continue }
        for name in Self.claimNames(of: pod) { await look(claims, pod.header.namespace, name) }
      default: continue
      }
    }
  }

  private func look(_ claims: ClusterResource, _ namespace: String, _ name: String) async {
    await finalizer.look(claims, namespace: namespace, name) { claim in
      guard let pods = client.resources().first(where: { $0.groupResource == Self.pods }) else { return true }
      return try await client.list(pods, namespace: namespace).contains { Self.uses($0, claim) }
    }
  }

  private static func hasEnded(_ pod: StoredObject?) -> Bool {
    ["Succeeded", "Failed"].contains(pod?.text(at: "status", "phase"))
  }

  /// The claims that a pod names, and those that are made for it.
  static func claimNames(of pod: StoredObject) -> [String] {
    (pod.value(at: "spec", "volumes")?.arrayValue ?? []).compactMap { volume in
      if let name = volume["persistentVolumeClaim"]?["claimName"]?.stringValue { return name }
      guard volume["ephemeral"] != nil, let name = volume["name"]?.stringValue else { return nil }
      return "\(pod.header.name)-\(name)"
    }
  }

  /// Whether a pod uses a claim. One without a node does not yet, and none can start on a claim that is going.
  static func uses(_ pod: StoredObject, _ claim: StoredObject) -> Bool {
    guard pod.text(at: "spec", "nodeName")?.isEmpty == false else { return false }
    return (pod.value(at: "spec", "volumes")?.arrayValue ?? []).contains { volume in
      if volume["persistentVolumeClaim"]?["claimName"]?.stringValue == claim.header.name { return true }
      guard volume["ephemeral"] != nil, let name = volume["name"]?.stringValue, !hasEnded(pod) else { return false }
      return claim.header.name == "\(pod.header.name)-\(name)" && claim.header.controller?.uid == pod.header.uid
    }
  }
}
