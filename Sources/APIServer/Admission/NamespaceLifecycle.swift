import APIMachinery

/// Nothing is made in a namespace that is not there or is going, and those that the cluster itself needs stay
/// (admission plugin NamespaceLifecycle).
public struct NamespaceLifecycle: Admission {
  private static let permanent: Set<String> = ["default", "kube-system", "kube-public"]
  private static let namespaces = GroupResource(group: "", resource: "namespaces")
  private let store: ClusterStore

  public init(_ store: ClusterStore) { self.store = store }

  public func mutate(_ request: inout AdmissionRequest) async throws { try check(request) }

  /// Again, because it takes time to judge an object.
  public func validate(_ request: AdmissionRequest) async throws { try check(request) }

  private func check(_ request: AdmissionRequest) throws(StatusError) {
    let target = request.resource
    if target.groupResource == Self.namespaces {
      if request.operation == .delete, Self.permanent.contains(request.name) {
        throw .forbidden(target.groupResource, request.name, "this namespace may not be deleted")
      }
      return
    }
    guard request.operation == .create, target.resource.isNamespaced,
      // What somebody may do in a namespace can be asked before there is one.
      !ReviewHandler.resources.contains(target.groupResource)
    else { return }
    let key = "\(StorageLayout.root)namespaces/\(request.namespace)"
    guard let namespace = store.cache(of: "\(StorageLayout.root)namespaces/").get(key) else {
      throw .notFound(Self.namespaces, request.namespace)
    }
    guard namespace.object.header.isBeingDeleted || namespace.field(["status", "phase"]) == "Terminating" else {
      return
    }
    var error = StatusError.forbidden(
      target.groupResource, request.name,
      "unable to create new content in namespace \(request.namespace) because it is being terminated")
    error.details?.causes = [
      .init(
        reason: StatusError.Cause.namespaceTerminating, message: "namespace \(request.namespace) is being terminated",
        field: "metadata.namespace")
    ]
    throw error
  }
}
