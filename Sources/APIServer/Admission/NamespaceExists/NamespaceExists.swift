import APIMachinery

/// Lets nothing be written in a namespace that is not there (admission plugin NamespaceExists).
public struct NamespaceExists: Admission {
  private let namespaces: ResourceCache

  public init(_ store: ClusterStore) { namespaces = store.clusterObjects("namespaces") }

  public func mutate(_ request: inout AdmissionRequest) async throws {}

  public func validate(_ request: AdmissionRequest) async throws {
    guard request.operation != .connect, !request.namespace.isEmpty, request.resource.groupResource != .namespaces,
      namespaces.get("\(StorageLayout.root)namespaces/\(request.namespace)") == nil
    else { return }
    throw StatusError.notFound(.namespaces, request.namespace)
  }
}
