import APIMachinery
import ClusterClient
import Synchronization
import Testing

@testable import Controllers

/// A cluster in memory for controllers to work on: it tells of changes as a server does, or keeps them back, and refuses as
/// many writes as a test wants.
final class World: ClusterClient {
  private struct State {
    var objects: [String: StoredObject] = [:]
    var readers: [(resources: Set<GroupResource>?, queue: ChangeQueue)] = []
    var revision: UInt64 = 1
    var refusals = 0
    var removed: [String] = []
  }
  private let state = Mutex(State())
  /// Called with the key of each object that is asked for, before it is given as it was.
  private let onGet: Mutex<(@Sendable (String) async -> Void)?> = Mutex(nil)

  static let kinds = [
    "namespaces": "Namespace", "configmaps": "ConfigMap", "serviceaccounts": "ServiceAccount",
    "persistentvolumes": "PersistentVolume",
  ]

  static func resource(_ plural: String) -> ClusterResource {
    ClusterResource(
      groupVersion: GroupVersion(group: "", version: "v1"), plural: plural, kind: kinds[plural] ?? "",
      isNamespaced: plural == "configmaps" || plural == "serviceaccounts", verbs: [.get, .list, .delete])
  }

  private static func key(_ plural: String, _ namespace: String, _ name: String) -> String {
    "\(plural)/\(namespace)/\(name)"
  }

  // MARK: what a test does

  /// The next so many writes fail.
  func refuse(_ count: Int) { state.withLock { $0.refusals = count } }

  func whenAskedFor(_ body: (@Sendable (String) async -> Void)?) { onGet.withLock { $0 = body } }

  var removed: [String] { state.withLock { $0.removed } }

  func object(_ plural: String, _ namespace: String, _ name: String) -> StoredObject? {
    state.withLock { $0.objects[Self.key(plural, namespace, name)] }
  }

  /// Puts an object there.
  /// - Parameter isTold: controllers hear of it.
  @discardableResult
  func put(_ plural: String, _ object: JSONObject, isTold: Bool = true) -> StoredObject {
    let (change, readers) = state.withLock { state in
      state.revision += 1
      let stored = StoredObject(object, revision: state.revision)
      let key = Self.key(plural, stored.header.namespace, stored.header.name)
      let previous = state.objects.updateValue(stored, forKey: key)
      return (ClusterChange(resource: Self.resource(plural), current: stored, previous: previous), state.readers)
    }
    if isTold { Self.tell(change, readers) }
    return change.current ?? StoredObject(object)
  }

  func remove(_ plural: String, _ namespace: String, _ name: String) {
    let (previous, readers) = state.withLock { state in
      (state.objects.removeValue(forKey: Self.key(plural, namespace, name)), state.readers)
    }
    guard let previous else { return }
    Self.tell(ClusterChange(resource: Self.resource(plural), current: nil, previous: previous), readers)
  }

  private static func tell(_ change: ClusterChange, _ readers: [(resources: Set<GroupResource>?, queue: ChangeQueue)]) {
    for reader in readers where reader.resources?.contains(change.resource.groupResource) ?? true {
      reader.queue.put(ClusterChanges.Batch(count: 1) { _ in change })
    }
  }

  // MARK: what controllers do

  func resources() -> [ClusterResource] { Self.kinds.keys.sorted().map(Self.resource) }

  func get(_ resource: ClusterResource, namespace: String, name: String) async throws -> StoredObject? {
    let found = object(resource.plural, namespace, name)
    await onGet.withLock { $0 }?(Self.key(resource.plural, namespace, name))
    return found
  }

  func list(_ resource: ClusterResource, namespace: String) async throws -> [StoredObject] {
    state.withLock { $0.objects }.filter { $0.key.hasPrefix(resource.plural + "/") }.map(\.value)
      .filter { namespace.isEmpty || $0.header.namespace == namespace }
  }

  private func refuseOne() throws(StatusError) {
    let isRefused = state.withLock { state in
      defer { state.refusals = max(0, state.refusals - 1) }
      return state.refusals > 0
    }
    if isRefused { throw .internalError("the disk is full") }
  }

  func update(_ resource: ClusterResource, subresource: String, _ object: JSONObject) async throws -> StoredObject {
    try refuseOne()
    return put(resource.plural, object)
  }

  func create(_ resource: ClusterResource, namespace: String, _ object: JSONObject) async throws -> StoredObject {
    try refuseOne()
    return put(resource.plural, object)
  }

  func delete(
    _ resource: ClusterResource, namespace: String, name: String, uid: String?, revision: UInt64?,
    policy: DeletionPolicy?
  ) async throws {
    try refuseOne()
    guard let present = object(resource.plural, namespace, name) else { return }
    if let revision, revision != present.revision {
      throw StatusError.conflict(resource.groupResource, name)
    }
    state.withLock { $0.removed.append(name) }
    remove(resource.plural, namespace, name)
  }

  func changes(of resources: Set<GroupResource>?) -> ClusterChanges {
    let (changes, queue) = ClusterChanges.make()
    let present = state.withLock { state in
      state.readers.append((resources, queue))
      return state.objects.sorted { $0.key < $1.key }
    }
    for (key, object) in present {
      let resource = Self.resource(String(key.prefix { $0 != "/" }))
      Self.tell(ClusterChange(resource: resource, current: object, previous: nil), [(resources, queue)])
    }
    return changes
  }

  /// Runs a controller until a condition holds.
  func run(
    _ controller: @escaping @Sendable () async -> Void, until condition: @escaping @Sendable () -> Bool
  ) async throws {
    let running = Task { await controller() }
    defer { running.cancel() }
    let end = ContinuousClock.now + .seconds(50)
    while !condition() {
      guard ContinuousClock.now < end else {
        Issue.record("it does not come about")
        return
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }
}
