import APIMachinery

/// Gives pods the zone and the region of their node as labels, when they get one (admission plugin PodTopologyLabels).
public struct PodTopologyLabels: Admission {
  private static let labels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]
  private let nodes: ResourceCache

  public init(_ store: ClusterStore) { nodes = store.clusterObjects("minions") }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.resource.groupResource == .pods, request.creates(.pods) || request.subresource == "binding",
      var pod = request.object, let name = pod["spec"]?["nodeName"]?.stringValue, !name.isEmpty,
      let node = nodes.get("\(StorageLayout.root)minions/\(name)")
    else { return }
    let known = node.object.header.labels
    var labels = pod["metadata"]?["labels"]?.objectValue ?? [:]
    for key in Self.labels { if let value = known[key] { labels[key] = .string(value) } }
    guard !labels.isEmpty else { return }
    pod.setMetadata("labels", .object(labels))
    request.object = pod
  }
}
