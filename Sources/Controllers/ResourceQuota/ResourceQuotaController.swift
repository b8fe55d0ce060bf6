import APIMachinery
import ClusterAPI
import ClusterClient

/// Keeps the status of quotas: their limits, set at once, and what is used of them, counted anew when objects go or
/// change and every few minutes (kube-controller-manager's resourcequota controller). What is taken is entered by
/// admission, before it is used.
public actor ResourceQuotaController {
  /// Runs a count of a namespace when nothing is being made in it: then it is exact.
  public typealias Counting =
    @Sendable (
      _ namespace: String, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> Void

  private static let quotas = GroupResource(group: "", resource: "resourcequotas")
  private static let definitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
  /// kube-controller-manager's own period.
  private static let period = Duration.seconds(300)
  private static let pauseAfterFailure = Duration.milliseconds(100)

  private let client: any ClusterClient
  private let counting: Counting
  /// Uids of quotas by namespace.
  private var homes: [String: Set<String>] = [:]
  private var due: Set<String> = []
  private var counts: [String: QuotaCount] = [:]
  private let wakeUps: AsyncStream<Void>
  private let wake: AsyncStream<Void>.Continuation

  /// - Parameter counting: by default a count may miss what is made meanwhile, until the next one.
  public init(_ client: any ClusterClient, counting: @escaping Counting = { _, body in try await body() }) {
    self.client = client
    self.counting = counting
    (wakeUps, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Works until the task is cancelled.
  public func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [client] in for await change in client.changes() { await self.take(change) } }
      group.addTask { await self.work() }
      group.addTask {
        while true {
          do { try await Task.sleep(for: Self.period) } catch { return }
          await self.countEverything()
        }
      }
    }
  }

  private func schedule(_ namespace: String) {
    guard due.insert(namespace).inserted else { return }
    wake.yield()
  }

  private func countEverything() { for namespace in homes.keys { schedule(namespace) } }

  private func take(_ change: ClusterChange) {
    let place = change.resource.groupResource
    // A resource that comes may be one that a quota names already.
    if place == Self.definitions { return countEverything() }
    guard let header = (change.current ?? change.previous)?.header, !header.namespace.isEmpty else { return }
    let namespace = header.namespace
    if place == Self.quotas { takeQuota(change, header) }
    guard homes[namespace] != nil else { return }
    if change.current == nil { return schedule(namespace) }
    guard let new = change.current, let old = change.previous,
      let evaluator = QuotaEvaluators.evaluator(of: place), evaluator.replenishes(new: new, old: old)
    else { return }
    schedule(namespace)
  }

  private func takeQuota(_ change: ClusterChange, _ header: ObjectHeader) {
    guard let current = change.current else {
      homes[header.namespace]?.remove(header.uid)
      if homes[header.namespace]?.isEmpty == true {
        homes[header.namespace] = nil
        counts[header.namespace] = nil
      }
      return
    }
    homes[header.namespace, default: []].insert(header.uid)
    let quota = Quota(current)
    if change.previous == nil || quota.hard != quota.wanted { schedule(header.namespace) }
  }

  private func work() async {
    for await _ in wakeUps {
      while let namespace = due.popFirst() {
        do { try await counting(namespace) { try await self.count(namespace) } } catch {
          // Somebody came between, or the store is not there for a while.
          do { try await Task.sleep(for: Self.pauseAfterFailure) } catch { return }
          schedule(namespace)
        }
      }
    }
  }

  private func count(_ namespace: String) async throws {
    let resources = client.resources()
    guard let place = resources.first(where: { $0.groupResource == Self.quotas }) else { return }
    let objects = try await client.list(place, namespace: namespace)
    guard !objects.isEmpty else { return }
    let quotas = objects.map { Quota($0) }
    var count = counts[namespace] ?? QuotaCount()
    let usages = try await count.usage(of: quotas, resources, now: .now) { resource in
      try await client.list(resource, namespace: namespace)
    }
    counts[namespace] = count
    for ((object, quota), usage) in zip(zip(objects, quotas), usages) {
      var used = quota.used
      for name in usage.names { used[name] = usage[name] }
      used = used.keeping(quota.wanted.names)
      let isKnown = object.value(at: "status", "used") != nil && object.value(at: "status", "hard") != nil
      guard !isKnown || used != quota.used || quota.hard != quota.wanted else { continue }
      var tree = object.tree()
      tree["status"] = .object(["hard": quota.wanted.json, "used": used.json])
      _ = try await client.update(place, subresource: "status", tree)
    }
  }
}
