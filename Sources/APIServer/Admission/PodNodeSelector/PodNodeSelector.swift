import APIMachinery

/// Keeps the pods of a namespace on the nodes that are meant for it: those that an annotation of the namespace or the
/// plugin's configuration selects (admission plugin PodNodeSelector).
public struct PodNodeSelector: Admission {
  private static let annotation = "scheduler.alpha.kubernetes.io/node-selector"

  private let namespaces: ResourceCache
  private let configuration: PodNodeSelectorConfiguration

  public init(_ store: ClusterStore, _ configuration: PodNodeSelectorConfiguration = .init()) {
    namespaces = store.clusterObjects("namespaces")
    self.configuration = configuration
  }

  public var interest: AdmissionInterest { .both(.pods) }

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.creates(.pods) else { return }
    let own = try selector(of: request)
    guard !own.isEmpty else { return }
    let pod = Self.labels(request.object?["spec"]?["nodeSelector"])
    try check(pod, own, request)
    let merged = own.merging(pod) { _, said in said }
    try request.editSpec { spec throws(StatusError) in
      spec["nodeSelector"] = .object(
        JSONObject(merged.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
    }
  }

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.creates(.pods) else { return }
    let pod = Self.labels(request.object?["spec"]?["nodeSelector"])
    try check(pod, try selector(of: request), request)
    let allowed = configuration.selectors[request.namespace] ?? [:]
    guard allowed.isEmpty || pod.allSatisfy({ allowed[$0.key] == $0.value }) else {
      throw request.forbidden("pod node label selector labels conflict with its namespace whitelist")
    }
  }

  private func check(
    _ pod: [String: String], _ own: [String: String], _ request: AdmissionRequest
  ) throws(StatusError) {
    guard !pod.contains(where: { own[$0.key] != nil && own[$0.key] != $0.value }) else {
      throw request.forbidden("pod node label selector conflicts with its namespace node label selector")
    }
  }

  /// Which nodes are meant for the namespace of a request.
  private func selector(of request: AdmissionRequest) throws(StatusError) -> [String: String] {
    guard let namespace = namespaces.get("\(StorageLayout.root)namespaces/\(request.namespace)") else {
      throw .notFound(.namespaces, request.namespace)
    }
    guard let text = namespace.object.annotation(Self.annotation), !text.isEmpty else { return configuration.usual }
    guard let selector = PodNodeSelectorConfiguration.labels(text) else {
      throw request.forbidden("invalid selector: [\(text)]")
    }
    return selector
  }

  private static func labels(_ value: JSONValue?) -> [String: String] {
    var labels: [String: String] = [:]
    for (key, value) in value?.objectValue ?? [:] { labels[key] = value.stringValue ?? "" }
    return labels
  }
}
