import APIMachinery

/// What a controller works with: the objects of a cluster, read from memory where the server is in the same process.
///
/// Every call may throw a `StatusError`: the API's own.
public protocol ClusterClient: Sendable {
  /// The resources that are served now, one version each, with what can be done with them.
  func resources() -> [ClusterResource]
  /// The same with the resources of API servers behind this one: their objects can be read, changed and removed like others,
  /// but ``changes(of:)`` does not tell of them, ``changesElsewhere()`` does.
  func discovery() -> ClusterDiscovery
  /// An object as it is now; nil where there is none.
  func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject?
  /// All objects of a resource in a namespace, or in all where it is empty.
  func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject]
  /// Replaces an object, or what a subresource of it is; the resource version in it must be the current one.
  func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject
  /// Makes an object.
  func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject
  /// Removes an object. One that is gone, or has another uid by now, is no error.
  /// - Parameters:
  ///   - revision: that of the state which is to be removed; nil for any. Another one is a conflict. Other API servers are not
  ///     told.
  ///   - policy: what becomes of those that it owns; nil for the kind's own.
  func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, revision: UInt64?,
    policy: DeletionPolicy?
  ) async throws
  /// Every change of every object from now on, and what is there already as additions.
  /// - Parameter resources: those that are wanted; nil for all.
  func changes(of resources: Set<GroupResource>?) -> ClusterChanges
  /// Every change of objects of API servers behind this one, as far as it matters who owns whom, and what is there already
  /// as additions. Of an object no more is told than who it is, who owns it and what holds it.
  func changesElsewhere() -> ClusterChanges
}

extension ClusterClient {
  /// Removes an object, whatever state it is in by now.
  public func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, policy: DeletionPolicy?
  ) async throws {
    try await delete(resource, namespace: namespace, name: name, uid: uid, revision: nil, policy: policy)
  }

  /// Every change of every object of every resource from now on, and what is there already as additions.
  public func changes() -> ClusterChanges { changes(of: nil) }

  /// Nothing: there are no other servers.
  public func changesElsewhere() -> ClusterChanges { .none }
}

/// What becomes of the objects that a removed one owns (`meta.k8s.io/v1` DeletionPropagation).
public enum DeletionPolicy: String, Sendable {
  case orphan = "Orphan", background = "Background", foreground = "Foreground"
}
