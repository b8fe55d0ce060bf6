import APIMachinery
import ClusterClient

/// Empties namespaces that are being deleted, and lets them go when nothing is left
/// (kube-controller-manager's namespace controller).
public struct NamespaceController: Sendable {
  private let client: any ClusterClient
  private static let finalizer = "kubernetes"
  /// How long to wait before looking again at a namespace in which something is left.
  private static let pause = Duration.milliseconds(500)

  public init(_ client: any ClusterClient) { self.client = client }

  /// Works until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      var busy: Set<String> = []
      let (done, finished) = AsyncStream.makeStream(of: String.self)
      for await event in merge(client.changes(), done) {
        switch event {
        case .change(let change):
          guard change.resource.groupResource == GroupResource(group: "", resource: "namespaces"),
            let namespace = change.current, namespace.header.isBeingDeleted, busy.insert(namespace.header.name).inserted
          else { continue }
          let name = namespace.header.name
          group.addTask {
            await empty(name)
            finished.yield(name)
          }
        case .done(let name): busy.remove(name)
        }
      }
    }
  }

  private enum Event: Sendable {
    case change(ClusterChange)
    case done(String)
  }

  private func merge(_ changes: AsyncStream<ClusterChange>, _ done: AsyncStream<String>) -> AsyncStream<Event> {
    AsyncStream { continuation in
      let task = Task {
        await withTaskGroup(of: Void.self) { group in
          group.addTask { for await change in changes { continuation.yield(.change(change)) } }
          group.addTask { for await name in done { continuation.yield(.done(name)) } }
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private var namespaces: ClusterResource? {
    client.resources().first { $0.groupResource == GroupResource(group: "", resource: "namespaces") }
  }

  /// Removes everything in a namespace, again and again until nothing is left.
  private func empty(_ name: String) async {
    guard let namespaces else { return }
    while !Task.isCancelled {
      do {
        guard let namespace = try await client.get(namespaces, namespace: "", name: name),
          namespace.header.isBeingDeleted
        else { return }
        let left = try await removeContent(of: name)
        if left.isEmpty {
          try await release(namespace, namespaces)
          return
        }
        try await report(left, on: namespace, namespaces)
      } catch {
        // Told again by the next round.
      }
      do { try await Task.sleep(for: Self.pause) } catch { return }
    }
  }

  /// - Returns: what is still there, by resource.
  private func removeContent(of namespace: String) async throws -> [ClusterResource: [StoredObject]] {
    var left: [ClusterResource: [StoredObject]] = [:]
    let resources = client.resources().filter { $0.isNamespaced && $0.verbs.isSuperset(of: [.delete, .list]) }
    // What a pod uses is there for as long as the pod is (KEP-5080, "Ordered namespace deletion").
    let pods = GroupResource(group: "", resource: "pods")
    for resource in resources.filter({ $0.groupResource == pods }) + resources.filter({ $0.groupResource != pods }) {
      if left.keys.contains(where: { $0.groupResource == pods }) { return left }
      for object in try await client.list(resource, namespace: namespace) where !object.header.isBeingDeleted {
        try await client.delete(
          resource, namespace: namespace, name: object.header.name, uid: object.header.uid, policy: .background)
      }
      let remaining = try await client.list(resource, namespace: namespace)
      if !remaining.isEmpty { left[resource] = remaining }
    }
    return left
  }

  private func release(_ namespace: StoredObject, _ namespaces: ClusterResource) async throws {
    var tree = namespace.tree()
    var spec = tree["spec"]?.objectValue ?? [:]
    spec["finalizers"] = .array((spec["finalizers"]?.arrayValue ?? []).filter { $0 != .string(Self.finalizer) })
    tree["spec"] = .object(spec)
    _ = try await client.update(namespaces, subresource: "finalize", tree)
  }

  /// Says in the namespace's status what it waits for.
  private func report(
    _ left: [ClusterResource: [StoredObject]], on namespace: StoredObject, _ namespaces: ClusterResource
  ) async throws {
    let counts = left.map { (name: $0.key.groupResource, count: $0.value.count) }
      .sorted { ($0.name.group, $0.name.resource) < ($1.name.group, $1.name.resource) }
    let remaining = counts.map { "\($0.name.resource).\($0.name.group) has \($0.count) resource instances" }
    var held: [String: Int] = [:]
    for finalizer in left.values.joined().flatMap(\.header.finalizers) { held[finalizer, default: 0] += 1 }
    let finalizers = held.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value) resource instances" }
    var tree = namespace.tree()
    var status = tree["status"]?.objectValue ?? [:]
    var conditions = NamespaceConditions(status["conditions"]?.arrayValue ?? [])
    conditions.put(.discoveryFailure, nil)
    conditions.put(.versionFailure, nil)
    conditions.put(.contentFailure, nil)
    conditions.put(
      .contentRemaining,
      remaining.isEmpty ? nil : "Some resources are remaining: " + remaining.joined(separator: ", "))
    conditions.put(
      .finalizersRemaining,
      finalizers.isEmpty
        ? nil : "Some content in the namespace has finalizers remaining: " + finalizers.joined(separator: ", "))
    status["conditions"] = .array(conditions.json)
    guard tree["status"] != .object(status) else { return }
    tree["status"] = .object(status)
    _ = try await client.update(namespaces, subresource: "status", tree)
  }
}
