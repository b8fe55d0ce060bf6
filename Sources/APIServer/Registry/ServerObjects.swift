import APIMachinery
import HTTPService

/// The objects of a server for what runs in the same process: controllers read the memory that clients are answered
/// from, and write by the same path.
public struct ServerObjects: Sendable {
  private let registry: Registry

  public init(_ registry: Registry) { self.registry = registry }

  /// What is served, the preferred version of each resource.
  public func resources() -> [ServedResource] {
    let snapshot = registry.catalog.snapshot
    return snapshot.resources.compactMap { resource in
      guard resource.storedAs == nil, let version = resource.storageVersion ?? resource.versions.first else {
        return nil
      }
      return ServedResource(resource: resource, version: version)
    }
  }

  /// A resource by its name; nil where it is not served.
  public func resource(_ groupVersion: GroupVersion, _ plural: String) -> ServedResource? {
    registry.catalog.snapshot.resource(groupVersion, plural)
  }

  /// The resource of an object that is stored as a kind.
  public func resource(of kind: GroupVersionKind) -> ServedResource? { registry.catalog.snapshot.resource(of: kind) }

  public func get(_ target: ServedResource, namespace: String, name: String) -> StoredObject? {
    registry.cache(of: target).get(target.key(namespace: namespace, name: name))?.object
  }

  public func list(_ target: ServedResource, namespace: String) -> [StoredObject] {
    registry.cache(of: target).list(target.prefix(namespace: namespace)).objects.map(\.object)
  }

  /// Replaces an object, or what a subresource of it is.
  public func update(
    _ target: ServedResource, subresource: String, _ object: JSONObject, manager: String
  ) async throws -> StoredObject {
    let context = RequestContext.ofServer(
      verb: "update", namespace: object.objectNamespace, name: object.objectName, subresource: subresource)
    _ = try await registry.change(target, context, manager: manager, operation: .update) { current in
      guard subresource == "finalize" else { return object }
      var changed = current
      changed["spec"] = object["spec"]
      return changed
    }
    return get(target, namespace: object.objectNamespace, name: object.objectName) ?? StoredObject(object)
  }

  public func create(_ target: ServedResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    let written = try await registry.create(object, target, .ofServer(verb: "create", namespace: namespace))
    return StoredObject(try JSONValue(json: written.bytes).objectValue ?? [:])
  }

  /// Removes an object; one that is gone, or is another one by now, is no error.
  public func delete(
    _ target: ServedResource, namespace: String, name: String, uid: String?, propagation: String?
  ) async throws {
    var options = DeleteOptions()
    options.uid = uid
    options.propagation = propagation.flatMap(DeleteOptions.Propagation.init)
    let context = RequestContext.ofServer(verb: "delete", namespace: namespace, name: name)
    do {
      _ = try await registry.delete(
        target, context, namespace: namespace, name: name, options)
    } catch let error as StatusError where error.reason == .notFound || error.reason == .conflict && uid != nil {
      return
    }
  }

  /// Every change from now on, after everything that is there; nil as current: gone.
  /// - Parameter wanted: the resources whose changes are told; nil for all.
  public func changes(
    of wanted: Set<GroupResource>? = nil
  ) -> AsyncStream<(current: StoredObject?, previous: StoredObject?, key: String)> {
    let prefixes = wanted.map { wanted in
      Set(
        registry.catalog.snapshot.resources.filter { wanted.contains($0.groupResource) }
          .map(StorageLayout.prefix(of:)))
    }
    let events = registry.store.changes(of: prefixes)
    return AsyncStream { continuation in
      let task = Task {
        for await event in events {
          continuation.yield(
            (event.current?.object, event.previous?.object, event.current?.key ?? event.previous?.key ?? ""))
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }
}
