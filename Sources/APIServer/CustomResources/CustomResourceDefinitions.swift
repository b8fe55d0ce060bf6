import APIMachinery
import ClusterAPI

/// Serves what CustomResourceDefinitions describe: follows them, accepts or refuses their names, and removes the objects
/// of one that is deleted before it goes (Kubernetes, "Custom Resources").
public struct CustomResourceDefinitions: Sendable {
  private let registry: Registry

  static let groupVersion = GroupVersion(group: "apiextensions.k8s.io", version: "v1")
  static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

  public init(_ registry: Registry) { self.registry = registry }

  private var target: ServedResource {
    get throws(StatusError) {
      guard
        let target = registry.catalog.snapshot.resource(Self.groupVersion, "customresourcedefinitions")
      else { throw .internalError("CustomResourceDefinitions are not served") }
      return target
    }
  }

  /// Serves what is defined already; returns when all of it is.
  /// - Returns: the watch to go on with.
  func load() throws -> CacheWatch {
    let target = try target
    let (objects, _, watch) = registry.cache(of: target).listAndWatch(target.prefix(namespace: ""))
    for object in objects { serve(object.object.tree()) }
    return watch
  }

  /// Follows changes until the task is cancelled.
  func run(_ watch: CacheWatch) async {
    do {
      let target = try target
      for object in registry.cache(of: target).list(target.prefix(namespace: "")).objects {
        await settle(object.name)
      }
      while let batch = await watch.next() {
        for event in batch.events {
          guard let current = event.current else {
            if let previous = event.previous { withdraw(previous.object.tree()) }
            continue
          }
          await settle(current.name)
        }
      }
    } catch { return }
  }

  private func withdraw(_ definition: JSONObject) {
    registry.catalog.remove(
      GroupResource(
        group: definition["spec"]?["group"]?.stringValue ?? "",
        resource: definition["spec"]?["names"]?["plural"]?.stringValue ?? ""))
  }

  /// Puts a definition whose names are accepted, and that is established, into the catalog.
  private func serve(_ definition: JSONObject) {
    guard CustomResourceStatus.isTrue("NamesAccepted", definition),
      CustomResourceStatus.isTrue("Established", definition)
    else { return }
    // What is in the store was judged when it was written.
    guard var resource = try? CustomResourceReader.resource(definition) else { return }
    if definition.isBeingDeleted {
      // What is there can go; nothing new comes.
      for index in resource.versions.indices { resource.versions[index].verbs.removeAll { $0 == .create } }
    }
    registry.catalog.set(resource, conversion: ConversionWebhook(definition))
  }

  /// Brings the status of one definition, and what is served, to what it says.
  private func settle(_ name: String) async {
    do {
      let target = try target
      let stored = try registry.find(target, namespace: "", name: name)
      var definition = stored.object.tree()
      if definition.isBeingDeleted {
        serve(definition)
        try await finish(definition, target)
        return
      }
      let conflicts = CustomResourceNames.conflicts(of: definition, in: registry.catalog.snapshot)
      CustomResourceStatus.update(
        &definition, conflicts: conflicts, isUsable: ConversionWebhook.problem(of: definition) == nil)
      if conflicts.isEmpty { serve(definition) } else { withdrawUnlessAccepted(stored.object.tree()) }
      if !definition.finalizers.contains(Self.finalizer) {
        definition.setFinalizers(definition.finalizers + [Self.finalizer])
      }
      guard definition != stored.object.tree() else { return }
      _ = try await registry.write(definition, target, key: stored.key, over: stored, isDryRun: false)
    } catch is Registry.StaleWrite {
      // The change that came between is told too, and settled then.
      return
    } catch { return }
  }

  private func withdrawUnlessAccepted(_ definition: JSONObject) {
    if CustomResourceStatus.isTrue("Established", definition) { return }
    let place = GroupResource(
      group: definition["spec"]?["group"]?.stringValue ?? "",
      resource: definition["spec"]?["names"]?["plural"]?.stringValue ?? "")
    if registry.kinds.resource(place) == nil { registry.catalog.remove(place) }
  }

  /// Removes the objects of a definition that goes, then lets it go.
  private func finish(_ definition: JSONObject, _ target: ServedResource) async throws {
    guard definition.finalizers.contains(Self.finalizer) else { return }
    let context = RequestContext.ofServer(verb: "deletecollection")
    if let resource = try? CustomResourceReader.resource(definition), let version = resource.storageVersion {
      let served = ServedResource(resource: resource, version: version)
      for object in registry.cache(of: served).list(served.prefix(namespace: "")).objects {
        do {
          _ = try await registry.delete(
            served, context, namespace: object.namespace, name: object.name, DeleteOptions())
        } catch let error as StatusError where error.reason == .notFound { continue }
      }
      // Those with finalizers of their own are waited for: each end is told by a change of the definition's status.
      guard registry.cache(of: served).list(served.prefix(namespace: "")).objects.isEmpty else {
        try await Task.sleep(for: .milliseconds(100))
        try await touch(definition, target)
        return
      }
    }
    try await registry.retrying(target, definition.objectName) {
      let stored = try registry.find(target, namespace: "", name: definition.objectName)
      var last = stored.object.tree()
      last.setFinalizers(last.finalizers.filter { $0 != Self.finalizer })
      if last.finalizers.isEmpty {
        try await registry.erase(stored, isDryRun: false)
      } else {
        _ = try await registry.write(last, target, key: stored.key, over: stored, isDryRun: false)
      }
    }
    withdraw(definition)
  }

  /// Says in the status that instances are being removed, which makes this object come by again.
  private func touch(_ definition: JSONObject, _ target: ServedResource) async throws {
    try await registry.retrying(target, definition.objectName) {
      let stored = try registry.find(target, namespace: "", name: definition.objectName)
      var changed = stored.object.tree()
      CustomResourceStatus.set(
        &changed, "Terminating", true, "InstanceDeletionInProgress", "CustomResource deletion is in progress",
        at: Timestamp.now.inMicroseconds)
      _ = try await registry.write(changed, target, key: stored.key, over: stored, isDryRun: false)
    }
  }
}
