import APIMachinery
import ClusterClient
import Synchronization

/// Works on objects one after the other, each as it is when its turn comes; again after a while where that failed, or
/// where the work itself wants to look again.
struct Reconciler: Sendable {
  /// Which object.
  struct Key: Sendable, Hashable {
    var namespace = ""
    var name: String
  }

  /// How long to wait after the first failure; each one doubles it up to the longest.
  private static let firstRetry = Duration.milliseconds(500)
  private static let longestRetry = Duration.seconds(60)
  /// A clock that is set, or a machine that slept, is noticed that late.
  private static let longestWait = Duration.seconds(3600)

  private let client: any ClusterClient
  private let resources: Set<GroupResource>
  private let keys: @Sendable (ClusterChange) async -> [Key]
  private let work: @Sendable (Key) async throws -> Duration?

  /// - Parameters:
  ///   - resources: whose changes matter.
  ///   - keys: which objects a change concerns.
  ///   - work: brings one of them into order; gives how long to wait before it is looked at again, nil where only a change
  ///     can matter.
  init(
    _ client: any ClusterClient, watching resources: Set<GroupResource>,
    keys: @escaping @Sendable (ClusterChange) async -> [Key],
    work: @escaping @Sendable (Key) async throws -> Duration?
  ) {
    self.client = client
    self.resources = resources
    self.keys = keys
    self.work = work
  }

  /// The same for the objects of one resource.
  init(
    _ client: any ClusterClient, of resource: GroupResource, where isWanted: @escaping @Sendable (StoredObject) -> Bool,
    work: @escaping @Sendable (Key) async throws -> Duration?
  ) {
    self.init(client, watching: [resource]) { change in
      guard let object = change.current ?? change.previous, isWanted(object) else { return [] }
      return [Key(namespace: object.header.namespace, name: object.header.name)]
    } work: {
      try await work($0)
    }
  }

  /// Works until the task is cancelled.
  /// - Parameter also: wakes the reconciler for objects for other reasons than changes of objects.
  func run(also more: AsyncStream<Key>? = nil) async {
    let (queue, due) = AsyncStream.makeStream(of: Key.self)
    // What waits already is not worked on twice.
    let queued = Mutex<Set<Key>>([])
    let put = { @Sendable (key: Key) in if queued.withLock({ $0.insert(key).inserted }) { due.yield(key) } }
    await withDiscardingTaskGroup { group in
      group.addTask {
        for await change in client.changes(of: resources) { for key in await keys(change) { put(key) } }
      }
      if let more { group.addTask { for await key in more { put(key) } } }
      var failures: [Key: Int] = [:]
      // Each key waits once, however often it was worked on.
      var waiting: [Key: Task<Void, Never>] = [:]
      for await key in queue {
        queued.withLock { _ = $0.remove(key) }
        waiting.removeValue(forKey: key)?.cancel()
        let wait: Duration?
        do {
          wait = try await work(key).map { min($0, Self.longestWait) }
          failures[key] = nil
        } catch {
          let count = failures[key, default: 0]
          failures[key] = count + 1
          wait = min(Self.firstRetry * (1 << min(count, 10)), Self.longestRetry)
        }
        guard let wait else { continue }
        waiting[key] = Task {
          do { try await Task.sleep(for: wait) } catch { return }
          put(key)
        }
      }
      for task in waiting.values { task.cancel() }
      group.cancelAll()
    }
  }
}

extension ClusterClient {
  /// A resource by its name; nil where it is not served.
  func resource(_ wanted: GroupResource) -> ClusterResource? { resources().first { $0.groupResource == wanted } }

  /// An object by its resource's name; nil where there is none.
  func find(_ resource: GroupResource, _ key: Reconciler.Key) async throws -> StoredObject? {
    guard let resource = self.resource(resource) else { return nil }
    return try await get(resource, namespace: key.namespace, name: key.name)
  }
}
