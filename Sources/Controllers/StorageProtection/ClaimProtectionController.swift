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
    await Reconciler(client, watching: [Self.claims, Self.pods], keys: Self.keys) { key in
      try await finalizer.look(Self.claims, key) { claim in
        guard let pods = client.resource(Self.pods) else { return true }
        return try await client.list(pods, namespace: key.namespace).contains { Self.uses($0, claim) }
      }
      return nil
    }.run()
  }

  private static func keys(_ change: ClusterChange) -> [Reconciler.Key] {
    if change.resource.groupResource == claims {
      return change.current.map { [Reconciler.Key(namespace: $0.header.namespace, name: $0.header.name)] } ?? []
    }
    // A pod that goes, or that ends, may have been the last.
    guard let pod = change.previous, change.current == nil || hasEnded(change.current) else { return [] }
    return claimNames(of: pod).map { Reconciler.Key(namespace: pod.header.namespace, name: $0) }
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
