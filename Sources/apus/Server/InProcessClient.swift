import APIMachinery
import APIServer
import ClusterClient
import ContainerEngine

/// Controllers in the same process as the server: its memory is theirs.
struct InProcessClient: ClusterClient {
  private let objects: ServerObjects
  private let others: AggregatedObjects
  /// Recorded as the manager of the fields that are written.
  private let name: String

  /// - Parameter others: the objects of other API servers behind this one.
  init(_ objects: ServerObjects, _ others: AggregatedObjects, name: String) {
    self.objects = objects
    self.others = others
    self.name = name
  }

  func resources() -> [ClusterResource] { objects.resources().map(ClusterResource.init) }

  func discovery() -> ClusterDiscovery {
    let (foreign, failures) = others.resources()
    let own = resources()
    let known = Set(own.map(\.groupResource))
    let more = foreign.map(Self.resource)
    return ClusterDiscovery(
      resources: own + more.filter { !known.contains($0.groupResource) },
      failures: failures.map { .init($0, "stale GroupVersion discovery: \($0.apiVersion)") })
  }

  private static func resource(_ foreign: AggregatedObjects.Resource) -> ClusterResource {
    ClusterResource(
      groupVersion: foreign.groupVersion, plural: foreign.plural, kind: foreign.kind,
      isNamespaced: foreign.isNamespaced, verbs: foreign.verbs)
  }

  /// - Throws: 404 where the resource is not served any more.
  private func served(_ resource: ClusterResource) throws(StatusError) -> ServedResource {
    // What was told of in a version that is served no more is served in another one.
    guard
      let served = objects.resource(resource.groupVersion, resource.plural)
        ?? objects.catalog.resource(
          storedAs: GroupVersionKind(
            group: resource.groupVersion.group, version: resource.groupVersion.version, kind: resource.kind)),
      served.resource.plural == resource.plural
    else { throw .noSuchPath() }
    return served
  }

  private func isForeign(_ resource: ClusterResource) -> Bool { others.serves(resource.groupVersion) }

  func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject? {
    if isForeign(resource) {
      return try await others.get(resource.groupVersion, resource.plural, namespace: namespace, name: name)
    }
    return try objects.get(try served(resource), namespace: namespace, name: name)
  }

  func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject] {
    if isForeign(resource) {
      return try await others.list(resource.groupVersion, resource.plural, namespace: namespace)
    }
    return try objects.list(try served(resource), namespace: namespace)
  }

  func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject {
    if isForeign(resource) {
      return try await others.update(resource.groupVersion, resource.plural, subresource: subresource, object)
    }
    return try await objects.update(try served(resource), subresource: subresource, object, manager: name)
  }

  func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    try await objects.create(try served(resource), namespace: namespace, object)
  }

  func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, revision: UInt64?,
    policy: DeletionPolicy?
  ) async throws {
    if isForeign(resource) {
      return try await others.delete(
        resource.groupVersion, resource.plural, namespace: namespace, name: name, uid: uid,
        propagation: policy?.rawValue)
    }
    try await objects.delete(
      try served(resource), namespace: namespace, name: name, uid: uid, revision: revision,
      propagation: policy?.rawValue)
  }

  func changes(of resources: Set<GroupResource>?) -> ClusterChanges {
    let (told, queue) = ClusterChanges.make()
    let stored = StoredResources(objects)
    objects.observe(resources) { changes in
      let (late, runs) = stored.runs(of: changes)
      for (resource, present) in late where resources?.contains(resource.groupResource) ?? true {
        let batch = ClusterChanges.Batch(count: present.count) { place in
          ClusterChange(resource: resource, current: present[place], previous: nil)
        }
        guard queue.put(batch) else { return false }
      }
      for (resource, range) in runs where resources?.contains(resource.groupResource) ?? true {
        let batch = ClusterChanges.Batch(count: range.count) { place in
          let (current, previous) = changes[range.lowerBound + place]
          return ClusterChange(resource: resource, current: current, previous: previous)
        }
        guard queue.put(batch) else { return false }
      }
      return true
    }
    return told
  }

  func changesElsewhere() -> ClusterChanges {
    let (all, queue) = ClusterChanges.make()
    let changes = others.changes { Log.warning("\(name): \($0)") }
    let task = Task {
      for await change in changes {
        let told = ClusterChange(
          resource: Self.resource(change.resource), current: change.current, previous: change.previous)
        queue.put(ClusterChanges.Batch(count: 1) { _ in told })
      }
      queue.finish()
    }
    queue.whenOver { task.cancel() }
    return all
  }
}
