import APIMachinery
import ClusterClient

/// Empties namespaces that are being deleted, and lets them go when nothing is left
/// (kube-controller-manager's namespace controller).
public struct NamespaceController: Sendable {
  private let client: any ClusterClient
  private let report: @Sendable (String) -> Void
  private static let finalizer = "kubernetes"
  private static let namespaces = GroupResource(group: "", resource: "namespaces")
  /// How long to wait before looking again at a namespace in which something is left.
  private static let pause = Duration.milliseconds(500)
  /// The same where something went wrong; each failure doubles the wait.
  private static let longestPause = Duration.seconds(10)

  /// - Parameter report: told of what cannot be told in the namespace's status.
  public init(_ client: any ClusterClient, report: @escaping @Sendable (String) -> Void) {
    self.client = client
    self.report = report
  }

  /// Works until the task is cancelled.
  public func run() async {
    await withDiscardingTaskGroup { group in
      var busy: Set<String> = []
      // Those that were told of while somebody worked on them: they are looked at once more, for that may have been about
      // another namespace of the same name.
      var again: Set<String> = []
      let (done, finished) = AsyncStream.makeStream(of: String.self)
      for await event in merge(client.changes(of: [Self.namespaces]), done) {
        let name: String
        switch event {
        case .change(let change):
          guard let namespace = change.current, namespace.header.isBeingDeleted else { continue }
          name = namespace.header.name
          guard busy.insert(name).inserted else {
            again.insert(name)
            continue
          }
        case .done(let ended):
          guard again.remove(ended) != nil else {
            busy.remove(ended)
            continue
          }
          name = ended
        }
        group.addTask {
          await empty(name)
          finished.yield(name)
        }
      }
    }
  }

  private enum Event: Sendable {
    case change(ClusterChange)
    case done(String)
  }

  private func merge(_ changes: ClusterChanges, _ done: AsyncStream<String>) -> AsyncStream<Event> {
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

  /// Removes everything in a namespace, again and again until nothing is left.
  private func empty(_ name: String) async {
    var pause = Self.pause
    while !Task.isCancelled {
      do {
        guard let namespaces = client.resource(Self.namespaces) else { throw StatusError.noSuchPath() }
        guard let namespace = try await client.get(namespaces, namespace: "", name: name),
          namespace.header.isBeingDeleted
        else { return }
        let content = await NamespaceContent.remove(from: name, client)
        if content.isEmpty {
          try await release(namespace, namespaces)
          return
        }
        pause = content.hasFailed ? min(pause * 2, Self.longestPause) : Self.pause
        try await report(content, on: namespace, namespaces)
      } catch let error as StatusError where error.reason == .conflict {
        // Somebody else has changed the namespace: the next round has its new state.
      } catch {
        if Task.isCancelled { return }
        report("namespace \(name): \((error as? StatusError)?.message ?? "\(error)")")
        pause = min(pause * 2, Self.longestPause)
      }
      do { try await Task.sleep(for: pause) } catch { return }
    }
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
    _ content: NamespaceContent, on namespace: StoredObject, _ namespaces: ClusterResource
  ) async throws {
    var tree = namespace.tree()
    var status = tree["status"]?.objectValue ?? [:]
    var conditions = NamespaceConditions(status["conditions"]?.arrayValue ?? [])
    content.put(into: &conditions)
    status["conditions"] = .array(conditions.json)
    guard tree["status"] != .object(status) else { return }
    tree["status"] = .object(status)
    _ = try await client.update(namespaces, subresource: "status", tree)
  }
}
