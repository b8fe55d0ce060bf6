import APIMachinery

/// Gives pods the zone and the region of their node as labels, when they get one (admission plugin PodTopologyLabels).
public struct PodTopologyLabels: Admission {
  private static let labels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]
  private let nodes: ResourceCache

  public init(_ store: ClusterStore) { nodes = store.clusterObjects("minions") }

  public var interest: AdmissionInterest { .mutating(.pods) }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.resource.groupResource == .pods, request.operation == .create, var object = request.object,
      let name = Self.node(of: object, request.subresource), !name.isEmpty,
      let node = nodes.get("\(StorageLayout.root)minions/\(name)")
    else { return }
    let known = node.object.header.labels
    var labels = object["metadata"]?["labels"]?.objectValue ?? [:]
    for key in Self.labels { if let value = known[key] { labels[key] = .string(value) } }
    guard !labels.isEmpty else { return }
    object.setMetadata("labels", .object(labels))
    request.object = object
  }

  /// The node that a new pod has already, or that a binding gives it: a pod gets the labels of its binding.
  private static func node(of object: JSONObject, _ subresource: String) -> String? {
    switch subresource {
    case "": object["spec"]?["nodeName"]?.stringValue
    case "binding" where object["target"]?["kind"] == "Node": object["target"]?["name"]?.stringValue
    default: nil
    }
  }
}
