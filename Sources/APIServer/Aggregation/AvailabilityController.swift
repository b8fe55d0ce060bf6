import APIMachinery
import Synchronization

/// Keeps the condition `Available` of every APIService: whenever it, its service or what stands behind that changes, and from
/// time to time, because a server may go away without a word.
final class AvailabilityController: Sendable {
  /// How often a server is asked of which nothing is heard.
  private static let interval = Duration.seconds(30)
  /// How soon one is asked again that does not answer.
  private static let retry = Duration.seconds(2)

  let registry: Registry
  let services: AggregatedServices
  let discovery: AggregatedDiscovery
  let check: AvailabilityCheck
  /// One more look is due already.
  private let isRetrying = Atomic(false)

  init(
    _ registry: Registry, _ services: AggregatedServices, _ discovery: AggregatedDiscovery, _ check: AvailabilityCheck
  ) {
    self.registry = registry
    self.services = services
    self.discovery = discovery
    self.check = check
  }

  private static let groupVersion = GroupVersion(group: "apiregistration.k8s.io", version: "v1")

  private var target: ServedResource? { registry.catalog.snapshot.resource(Self.groupVersion, "apiservices") }

  /// Follows changes until the task is cancelled.
  func run() async {
    let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      for prefix in [
        AggregatedServices.prefix, "\(StorageLayout.root)services/specs/", "\(StorageLayout.root)endpointslices/",
      ] {
        group.addTask { await self.follow(self.registry.store.cache(of: prefix), continuation) }
      }
      group.addTask {
        for await _ in signals { await self.settle(continuation) }
      }
      group.addTask {
        while !Task.isCancelled {
          continuation.yield()
          try? await Task.sleep(for: Self.interval)
        }
        continuation.finish()
      }
    }
  }

  private func follow(_ cache: ResourceCache, _ signals: AsyncStream<Void>.Continuation) async {
    while !Task.isCancelled {
      guard let watch = cache.watch(after: cache.revision).watch else { continue }
      defer { watch.end() }
      signals.yield()
      while await watch.next() != nil { signals.yield() }
    }
  }

  /// Looks at every APIService once, at several of them at a time.
  private func settle(_ signals: AsyncStream<Void>.Continuation) async {
    guard let target else { return }
    let objects = registry.store.cache(of: AggregatedServices.prefix).list(AggregatedServices.prefix).objects
    let allAnswer = await withTaskGroup(of: Bool.self) { group in
      for object in objects { group.addTask { await self.settle(object, target) } }
      return await group.reduce(true) { $0 && $1 }
    }
    guard !allAnswer, !isRetrying.exchange(true, ordering: .relaxed) else { return }
    // Not in the way of what changes meanwhile.
    Task {
      try? await Task.sleep(for: Self.retry)
      self.isRetrying.store(false, ordering: .relaxed)
      signals.yield()
    }
  }

  /// - Returns: false where a server does not answer.
  private func settle(_ object: CachedObject, _ target: ServedResource) async -> Bool {
    guard let service = AggregatedService(object) else {
      await note(.local, object, target)
      return true
    }
    let finding = await check.run(service)
    if finding.isAvailable { await discovery.refresh(service, check.client, check.proxy) }
    await note(finding, object, target)
    return finding.isAvailable
  }

  private func note(_ finding: AvailabilityCheck.Finding, _ object: CachedObject, _ target: ServedResource) async {
    let tree = object.object.tree()
    let conditions = tree["status"]?["conditions"]?.arrayValue ?? []
    let present = conditions.first { $0["type"]?.stringValue == "Available" }
    let status: JSONValue = finding.isAvailable ? "True" : "False"
    if present?["status"] == status, present?["reason"]?.stringValue == finding.reason,
      present?["message"]?.stringValue == finding.message
    {
      return
    }
    let time = present?["status"] == status ? present?["lastTransitionTime"] : nil
    let condition: JSONValue = [
      "type": "Available", "status": status,
      "lastTransitionTime": time ?? .string(Timestamp.now.description), "reason": .string(finding.reason),
      "message": .string(finding.message),
    ]
    let context = RequestContext.ofServer(verb: "update", name: object.name, subresource: "status")
    do {
      _ = try await registry.change(target, context, manager: "kube-aggregator", operation: .update) { current in
        // Whoever made another one of it meanwhile is looked at by itself.
        guard current["spec"] == tree["spec"] else { return current }
        var changed = current
        let others = (current["status"]?["conditions"]?.arrayValue ?? []).filter {
          $0["type"]?.stringValue != "Available"
        }
        var status = current["status"]?.objectValue ?? [:]
        status["conditions"] = .array(others + [condition])
        changed["status"] = .object(status)
        return changed
      }
    } catch {
      // It is gone, or the next change tells it again.
      return
    }
  }
}
