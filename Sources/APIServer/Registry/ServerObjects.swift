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

  /// What is served now.
  public var catalog: ResourceCatalog.Snapshot { registry.catalog.snapshot }

  /// Nil where there is none.
  /// - Throws: 500 where it cannot be read: that is not the same.
  public func get(_ target: ServedResource, namespace: String, name: String) throws(StatusError) -> StoredObject? {
    try registry.present(target, namespace: namespace, name: name)?.object
  }

  /// - Throws: 500 where one of them cannot be read.
  public func list(_ target: ServedResource, namespace: String) throws(StatusError) -> [StoredObject] {
    try registry.requireReadable(target, namespace: namespace)
    return registry.cache(of: target).list(target.prefix(namespace: namespace)).objects.map(\.object)
  }

  /// Replaces an object, or what a subresource of it is.
  public func update(
    _ target: ServedResource, subresource: String, _ object: JSONObject, manager: String
  ) async throws -> StoredObject {
    let context = RequestContext.ofServer(
      verb: "update", namespace: object.objectNamespace, name: object.objectName, subresource: subresource)
    _ = try await registry.change(target, context, manager: manager, operation: .update) { current in
      var changed = current
      if subresource == "finalize" {
        changed["spec"] = object["spec"]
      } else if object["apiVersion"] != current["apiVersion"] {
        // It is stored in another version, whose fields are none of this one: only what all have in common can be meant.
        changed["metadata"] = object["metadata"]
      } else {
        return object
      }
      return changed
    }
    return try get(target, namespace: object.objectNamespace, name: object.objectName) ?? StoredObject(object)
  }

  public func create(_ target: ServedResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    let written = try await registry.create(object, target, .ofServer(verb: "create", namespace: namespace))
    return StoredObject(try JSONValue(json: written.bytes).objectValue ?? [:])
  }

  /// Removes an object; one that is gone, or is another one by now, is no error.
  /// - Parameter revision: that of the state which is to be removed; nil for any.
  /// - Throws: 409 where it has another revision.
  public func delete(
    _ target: ServedResource, namespace: String, name: String, uid: String?, revision: UInt64? = nil,
    propagation: String?
  ) async throws {
    var options = DeleteOptions()
    options.uid = uid
    options.resourceVersion = revision.map { "\($0)" }
    options.propagation = propagation.flatMap(DeleteOptions.Propagation.init)
    let context = RequestContext.ofServer(verb: "delete", namespace: namespace, name: name)
    do {
      _ = try await registry.delete(
        target, context, namespace: namespace, name: name, options)
    } catch let error as StatusError
      where error.reason == .notFound || error.reason == .conflict && uid != nil && revision == nil
    {
      return
    }
  }

  /// Tells of every change from now on, after everything that is there as additions.
  /// - Parameters:
  ///   - resources: those that are wanted; nil for all. One that is not served now makes it all.
  ///   - body: is called where changes come in, in their order: it must be quick. False: it wants no more.
  public func observe(_ resources: Set<GroupResource>?, _ body: @escaping @Sendable (ObjectChanges) -> Bool) {
    registry.store.observe(resources.flatMap(prefixes), body)
  }

  private func prefixes(of resources: Set<GroupResource>) -> Set<String>? {
    let served = registry.catalog.snapshot.resources
    var prefixes: Set<String> = []
    for resource in resources {
      guard let found = served.first(where: { $0.groupResource == resource }) else { return nil }
      prefixes.insert(StorageLayout.prefix(of: found))
    }
    return prefixes
  }
}
