import APIMachinery
import APIServer
import ClusterClient

/// Controllers in the same process as the server: its memory is theirs.
struct InProcessClient: ClusterClient {
  private let objects: ServerObjects
  /// Recorded as the manager of the fields that are written.
  private let name: String

  init(_ objects: ServerObjects, name: String) {
    self.objects = objects
    self.name = name
  }

  func resources() -> [ClusterResource] { objects.resources().map(Self.resource) }

  private static func resource(_ served: ServedResource) -> ClusterResource {
    ClusterResource(
      groupVersion: served.groupVersionKind.groupVersion, plural: served.resource.plural, kind: served.resource.kind,
      isNamespaced: served.resource.isNamespaced, verbs: Set(served.version.verbs))
  }

  /// - Throws: 404 where the resource is not served any more.
  private func served(_ resource: ClusterResource) throws(StatusError) -> ServedResource {
    guard let served = objects.resource(resource.groupVersion, resource.plural) else { throw .noSuchPath() }
    return served
  }

  func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject? {
    objects.get(try served(resource), namespace: namespace, name: name)
  }

  func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject] {
    objects.list(try served(resource), namespace: namespace)
  }

  func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject {
    try await objects.update(try served(resource), subresource: subresource, object, manager: name)
  }

  func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    try await objects.create(try served(resource), namespace: namespace, object)
  }

  func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, policy: DeletionPolicy?
  ) async throws {
    try await objects.delete(
      try served(resource), namespace: namespace, name: name, uid: uid, propagation: policy?.rawValue)
  }

  func changes() -> AsyncStream<ClusterChange> { changes(ofAny: nil) }

  func changes(of resources: Set<GroupResource>) -> AsyncStream<ClusterChange> { changes(ofAny: resources) }

  private func changes(ofAny resources: Set<GroupResource>?) -> AsyncStream<ClusterChange> {
    let (stream, continuation) = AsyncStream.makeStream(of: ClusterChange.self)
    let changes = objects.changes(of: resources)
    let objects = objects
    let task = Task {
      for await change in changes {
        // The resource is told by the object: keys are the store's own business.
        guard let header = (change.current ?? change.previous)?.header, let kind = header.groupVersionKind,
          let served = objects.resource(of: kind)
        else { continue }
        continuation.yield(
          ClusterChange(resource: Self.resource(served), current: change.current, previous: change.previous))
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }
}
