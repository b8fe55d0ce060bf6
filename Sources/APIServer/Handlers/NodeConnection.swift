import APIMachinery

/// What can be said of a connection to a node's agent before the agent is asked.
struct NodeConnection {
  /// Types of addresses that agents are reached at (kube-apiserver's `--kubelet-preferred-address-types` unless set).
  private static let addressTypes: Set = ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"]
  /// Subresources of a pod that its node's agent serves.
  private static let served: Set = ["log", "exec", "attach", "portforward"]

  let store: ClusterStore

  /// The node whose agent serves a subresource; nil where none does.
  static func node(of object: JSONObject, _ resource: GroupResource, _ subresource: String) -> String? {
    switch resource {
    case .nodes: object.objectName
    case .pods where served.contains(subresource): object["spec"]?["nodeName"]?.stringValue
    default: nil
    }
  }

  /// - Throws: 404 where there is no such node; 500 where it tells no address at which its agent is reached.
  func check(_ name: String) throws(StatusError) {
    // Nodes are kept by the name that they had in the first days of Kubernetes.
    guard let node = store.clusterObjects("minions").get("\(StorageLayout.root)minions/\(name)") else {
      throw .notFound(.nodes, name)
    }
    let addresses = node.object.tree()["status"]?["addresses"]?.arrayValue ?? []
    guard !addresses.contains(where: { Self.addressTypes.contains($0["type"]?.stringValue ?? "") }) else { return }
    let known = addresses.map { "{\($0["type"]?.stringValue ?? "") \($0["address"]?.stringValue ?? "")}" }
    throw StatusError(
      .unknown, "no preferred addresses found; known addresses: [\(known.joined(separator: " "))]")
  }
}
