import APIMachinery

/// Makes the namespace of a new object where there is none (admission plugin NamespaceAutoProvision).
public struct NamespaceAutoProvision: Admission {
  private let namespaces: ResourceCache
  private let registry: @Sendable () -> Registry

  /// - Parameter registry: given late, because the registry holds its admission.
  public init(_ store: ClusterStore, registry: @escaping @Sendable () -> Registry) {
    namespaces = store.clusterObjects("namespaces")
    self.registry = registry
  }

  public func validate(_ request: AdmissionRequest) async throws {}

  public func mutate(_ request: inout AdmissionRequest) async throws {
    guard request.operation == .create, request.resource.resource.isNamespaced, !request.isDryRun,
      !ReviewHandler.resources.contains(request.resource.groupResource),
      namespaces.get("\(StorageLayout.root)namespaces/\(request.namespace)") == nil
    else { return }
    let registry = registry()
    guard let target = registry.catalog.snapshot.resource(GroupVersion(group: "", version: "v1"), "namespaces") else {
      return
    }
    let namespace: JSONObject = [
      "kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(request.namespace)],
    ]
    do {
      _ = try await registry.create(namespace, target, .ofServer(verb: "create", name: request.namespace))
    } catch let error as StatusError where error.reason == .alreadyExists {
      // Somebody else was faster.
      return
    }
  }
}
