import APIMachinery
import Synchronization

/// Nothing is made in a namespace that is not there or is going, and those that the cluster itself needs stay
/// (admission plugin NamespaceLifecycle).
public struct NamespaceLifecycle: Admission {
  private static let permanent: Set<String> = ["default", "kube-system", "kube-public"]
  private static let namespaces = GroupResource(group: "", resource: "namespaces")
  private static let prefix = "\(StorageLayout.root)namespaces/"
  private let objects: ResourceCache
  private let known = KnownNamespaces()

  public init(_ store: ClusterStore) { objects = store.cache(of: Self.prefix) }

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
    guard let namespace = objects.get(Self.prefix + request.namespace) else {
      throw .notFound(Self.namespaces, request.namespace)
    }
    guard known.isGoing(namespace) else { return }
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

/// Whether a namespace is going, found out once for each of its states: every write asks twice, and the phase stands at an
/// object's end.
private final class KnownNamespaces: Sendable {
  private static let most = 1024
  private let states = Mutex<[String: (revision: Int64, isGoing: Bool)]>([:])

  func isGoing(_ namespace: CachedObject) -> Bool {
    states.withLock { states in
      if let known = states[namespace.uid], known.revision == namespace.revision { return known.isGoing }
      let isGoing = namespace.object.header.isBeingDeleted || namespace.field(["status", "phase"]) == "Terminating"
      if states.count >= Self.most { states = [:] }
      states[namespace.uid] = (namespace.revision, isGoing)
      return isGoing
    }
  }
}
