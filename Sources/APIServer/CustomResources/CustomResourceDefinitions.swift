import APIMachinery
import ClusterAPI
import Synchronization

/// Serves what CustomResourceDefinitions describe: follows them, accepts or refuses their names, and removes the objects
/// of one that is deleted before it goes (Kubernetes, "Custom Resources").
public final class CustomResourceDefinitions: Sendable {
  private let registry: Registry
  private let report: @Sendable (String) -> Void
  /// What is to be looked at, in order.
  private let work: AsyncStream<Work>
  private let queue: AsyncStream<Work>.Continuation
  /// Definitions that go when their last object does.
  private let waiting = Mutex<Set<String>>([])
  /// What is served of each resource: where that changes, watches of it end and are begun anew.
  private let forms = Mutex<[GroupResource: JSONValue]>([:])
  /// The names that each definition has, by the definition's own.
  private let names = Mutex<[String: Names]>([:])

  private struct Names {
    let group: String
    let accepted: JSONObject
    /// It asks for names that another one has.
    let isRefused: Bool
  }

  private enum Work: Sendable {
    case settle(String)
    case gone(JSONObject)
  }

  /// How long a definition that could not be brought into order is left alone.
  private static let patience = Duration.seconds(1)

  static let groupVersion = GroupVersion(group: "apiextensions.k8s.io", version: "v1")
  static let place = GroupResource(group: groupVersion.group, resource: "customresourcedefinitions")
  /// Holds a definition that goes until its objects are gone.
  static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

  /// - Parameter report: told what goes wrong in the background.
  public init(_ registry: Registry, report: @escaping @Sendable (String) -> Void) {
    self.registry = registry
    self.report = report
    (work, queue) = AsyncStream.makeStream(of: Work.self)
  }

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
    for object in objects {
      let definition = object.object.tree()
      note(definition)
      serve(definition)
    }
    return watch
  }

  /// Follows changes until the task is cancelled.
  func run(_ watch: CacheWatch) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        for await item in work {
          switch item {
          case .settle(let name): await settle(name)
          case .gone(let definition):
            withdraw(definition)
            free(definition)
          }
        }
      }
      group.addTask { [self] in
        let target: ServedResource
        do { target = try self.target } catch { return report("CustomResourceDefinitions: \(error)") }
        var watch = watch
        while !Task.isCancelled {
          for object in registry.cache(of: target).list(target.prefix(namespace: "")).objects {
            queue.yield(.settle(object.name))
          }
          while let batch = await watch.next() {
            for event in batch.events {
              if let current = event.current {
                queue.yield(.settle(current.name))
              } else if let previous = event.previous {
                queue.yield(.gone(previous.object.tree()))
              }
            }
          }
          watch = registry.cache(of: target).listAndWatch(target.prefix(namespace: "")).watch
        }
      }
    }
  }

  /// Looks at a definition again, later.
  private func again(_ name: String, because error: any Error) {
    guard !Task.isCancelled else { return }
    report("CustomResourceDefinition \(name): \(error)")
    Task { [queue] in
      do { try await Task.sleep(for: Self.patience) } catch { return }
      queue.yield(.settle(name))
    }
  }

  private func withdraw(_ definition: JSONObject) {
    let place = GroupResource(
      group: Self.group(of: definition), resource: definition["spec"]?["names"]?["plural"]?.stringValue ?? "")
    registry.catalog.remove(place)
    guard forms.withLock({ $0.removeValue(forKey: place) }) != nil else { return }
    registry.watchClock.end(place)
  }

  private static func group(of definition: JSONObject) -> String { definition["spec"]?["group"]?.stringValue ?? "" }

  // MARK: Names

  /// Remembers which names a definition has.
  private func note(_ definition: JSONObject) {
    let noted = Names(
      group: Self.group(of: definition), accepted: definition["status"]?["acceptedNames"]?.objectValue ?? [:],
      isRefused: !CustomResourceStatus.isTrue("NamesAccepted", definition))
    names.withLock { $0[definition.objectName] = noted }
  }

  /// What definitions of a group have taken.
  private func taken(in group: String) -> CustomResourceNames.Taken {
    names.withLock { names in
      names.values.reduce(into: CustomResourceNames.Taken()) { if $1.group == group { $0.add($1.accepted) } }
    }
  }

  /// Looks again at definitions of a group that wait for names, for some may have become free.
  private func lookAgain(in group: String, but name: String) {
    let others = names.withLock { names in
      names.filter { $0.key != name && $0.value.group == group && $0.value.isRefused }.map(\.key)
    }
    for other in others.sorted() { queue.yield(.settle(other)) }
  }

  private func free(_ definition: JSONObject) {
    names.withLock { $0[definition.objectName] = nil }
    lookAgain(in: Self.group(of: definition), but: definition.objectName)
  }

  /// Puts a definition that is established into the catalog, under the names that it has been given.
  private func serve(_ definition: JSONObject) {
    guard CustomResourceStatus.isTrue("Established", definition) else { return }
    // What is in the store was judged when it was written.
    guard var resource = try? CustomResourceReader.resource(definition.underAcceptedNames) else { return }
    if definition.isBeingDeleted {
      // What is there can go; nothing new comes.
      for index in resource.versions.indices {
        resource.versions[index].verbs.removeAll { $0 == .create || $0 == .update || $0 == .patch }
      }
    }
    registry.catalog.set(resource, conversion: ConversionWebhook(definition))
    let form: JSONValue = .array([definition["spec"] ?? .null, definition["status"]?["acceptedNames"] ?? .null])
    let before = forms.withLock { $0.updateValue(form, forKey: resource.groupResource) }
    if let before, before != form { registry.watchClock.end(resource.groupResource) }
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
      note(definition)
      CustomResourceStatus.update(
        &definition, taken: taken(in: Self.group(of: definition)),
        isUsable: ConversionWebhook.problem(of: definition) == nil)
      if CustomResourceStatus.isTrue("Established", definition) {
        serve(definition)
      } else {
        withdrawUnserved(definition)
      }
      let before = stored.object.tree()
      guard definition != before else { return }
      _ = try await registry.write(definition, target, key: stored.key, over: stored, isDryRun: false)
      note(definition)
      if definition["status"]?["acceptedNames"] != before["status"]?["acceptedNames"] {
        lookAgain(in: Self.group(of: definition), but: name)
      }
    } catch is Registry.StaleWrite {
      // The change that came between is told too, and settled then.
      return
    } catch let error as StatusError where error.reason == .notFound {
      // Gone meanwhile, which is told too.
      return
    } catch { again(name, because: error) }
  }

  /// Takes what was never established out of the catalog, where it stands by its own name.
  private func withdrawUnserved(_ definition: JSONObject) {
    let place = GroupResource(
      group: Self.group(of: definition), resource: definition["spec"]?["names"]?["plural"]?.stringValue ?? "")
    if registry.kinds.resource(place) == nil { registry.catalog.remove(place) }
  }

  /// Removes the objects of a definition that goes, then lets it go.
  private func finish(_ definition: JSONObject, _ target: ServedResource) async throws {
    guard definition.finalizers.contains(Self.finalizer) else { return }
    let context = RequestContext.ofServer(verb: "deletecollection")
    // A definition that cannot be read is not let go: what it has in the store would stay for ever.
    let resource = try CustomResourceReader.resource(definition)
    // What is built in keeps its objects, though a definition has its name.
    let isOfBuiltin = registry.kinds.resource(resource.groupResource).map { StorageLayout.shares(resource, with: $0) }
    if let version = resource.storageVersion, isOfBuiltin != true {
      let served = ServedResource(resource: resource, version: version)
      for object in registry.cache(of: served).list(served.prefix(namespace: "")).objects {
        do {
          _ = try await registry.delete(
            served, context, namespace: object.namespace, name: object.name, DeleteOptions())
        } catch let error as StatusError where error.reason == .notFound { continue }
      }
      // Those with finalizers of their own are waited for.
      guard registry.cache(of: served).list(served.prefix(namespace: "")).objects.isEmpty else {
        try await tellOfRemoval(definition, target)
        waitForRemoval(definition.objectName, served)
        return
      }
    }
    try await registry.retrying(target, definition.objectName) {
      let stored = try registry.find(target, namespace: "", name: definition.objectName)
      var last = stored.object.tree()
      last.setFinalizers(last.finalizers.filter { $0 != Self.finalizer })
      if last.finalizers.isEmpty {
        try await registry.erase(stored, target, isDryRun: false)
      } else {
        _ = try await registry.write(last, target, key: stored.key, over: stored, isDryRun: false)
      }
    }
    withdraw(definition)
  }

  /// Has a definition looked at again when the last of its objects is gone.
  private func waitForRemoval(_ name: String, _ served: ServedResource) {
    guard waiting.withLock({ $0.insert(name).inserted }) else { return }
    let cache = registry.cache(of: served)
    let prefix = served.prefix(namespace: "")
    let end = { @Sendable [self] in
      guard waiting.withLock({ $0.remove(name) }) != nil else { return }
      queue.yield(.settle(name))
    }
    registry.store.observe([StorageLayout.prefix(of: served.resource)]) { changes in
      guard changes.contains(where: { $0.current == nil }), cache.list(prefix).objects.isEmpty else { return true }
      end()
      return false
    }
    // The last one may have gone before anybody listened.
    if cache.list(prefix).objects.isEmpty { end() }
  }

  /// Has a definition go once its objects are gone: they go first, and whoever looks is told so at once.
  static func markGoing(_ definition: inout JSONObject) {
    let now = Timestamp.now
    definition.setMetadata("deletionTimestamp", .string(now.description))
    if !definition.finalizers.contains(finalizer) { definition.setFinalizers(definition.finalizers + [finalizer]) }
    CustomResourceStatus.set(
      &definition, "Terminating", true, "InstanceDeletionPending",
      "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon", at: now.description)
  }

  /// Says in the status that instances are being removed.
  private func tellOfRemoval(_ definition: JSONObject, _ target: ServedResource) async throws {
    guard CustomResourceStatus.condition("Terminating", definition)?["reason"] != "InstanceDeletionInProgress" else {
      return
    }
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

extension JSONObject {
  /// The definition as if it asked for no other names than it has been given.
  fileprivate var underAcceptedNames: JSONObject {
    guard let names = self["status"]?["acceptedNames"], names["kind"]?.stringValue?.isEmpty == false,
      var spec = self["spec"]?.objectValue
    else { return self }
    var definition = self
    spec["names"] = names
    definition["spec"] = .object(spec)
    return definition
  }
}
