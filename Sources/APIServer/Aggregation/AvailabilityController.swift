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
  /// Told what goes wrong in the background.
  private let report: @Sendable (String) -> Void
  /// Names of those that are to be looked at.
  private let due = Mutex<Set<String>>([])
  /// One more look is due already.
  private let isRetrying = Atomic(false)

  init(
    _ registry: Registry, _ services: AggregatedServices, _ discovery: AggregatedDiscovery, _ check: AvailabilityCheck,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.report = report
    self.registry = registry
    self.services = services
    self.discovery = discovery
    self.check = check
  }

  private static let servicesPrefix = "\(StorageLayout.root)services/specs/"
  private static let slicesPrefix = "\(StorageLayout.root)endpointslices/"
  private static let groupVersion = GroupVersion(group: "apiregistration.k8s.io", version: "v1")

  private var target: ServedResource? { registry.catalog.snapshot.resource(Self.groupVersion, "apiservices") }

  /// Follows changes until the task is cancelled.
  func run() async {
    let (signals, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      for prefix in [AggregatedServices.prefix, Self.servicesPrefix, Self.slicesPrefix] {
        group.addTask { await self.follow(prefix, continuation) }
      }
      group.addTask {
        for await _ in signals { await self.settle(continuation) }
      }
      group.addTask {
        while !Task.isCancelled {
          self.mark(self.all.map(\.name), continuation)
          do { try await Task.sleep(for: Self.interval) } catch { break }
        }
        continuation.finish()
      }
    }
  }

  private var all: ArraySlice<CachedObject> {
    registry.store.cache(of: AggregatedServices.prefix).list(AggregatedServices.prefix).objects
  }

  /// These are to be looked at.
  private func mark(_ names: some Sequence<String>, _ signals: AsyncStream<Void>.Continuation) {
    let isNew = due.withLock { due in
      due.formUnion(names)
      return !due.isEmpty
    }
    if isNew { signals.yield() }
  }

  private func follow(_ prefix: String, _ signals: AsyncStream<Void>.Continuation) async {
    let cache = registry.store.cache(of: prefix)
    while !Task.isCancelled {
      guard let watch = cache.watch(after: cache.revision).watch else { continue }
      defer { watch.end() }
      // What came before, and while nobody followed.
      mark(all.map(\.name), signals)
      while let batch = await watch.next() {
        mark(batch.events.flatMap { concerned(by: $0, prefix) }, signals)
      }
    }
  }

  /// The APIServices that a change may matter to.
  private func concerned(by event: ObjectEvent, _ prefix: String) -> [String] {
    guard let object = event.current ?? event.previous else { return [] }
    if prefix == AggregatedServices.prefix { return [object.name] }
    let services = services.snapshot
    guard !services.isEmpty else { return [] }
    let name =
      prefix == Self.slicesPrefix ? object.object.header.labels["kubernetes.io/service-name"] ?? "" : object.name
    return services.sorted.filter { $0.service.namespace == object.namespace && $0.service.name == name }.map(\.name)
  }

  /// Looks once at every APIService that is due, at several of them at a time.
  private func settle(_ signals: AsyncStream<Void>.Continuation) async {
    guard let target else { return }
    let names = due.withLock { due in
      defer { due = [] }
      return due
    }
    discovery.keep(services.snapshot.sorted.map(\.groupVersion))
    defer { discovery.tell() }
    let silent = await withTaskGroup(of: String?.self) { group in
      for name in names {
        guard let object = registry.cache(of: target).get(target.key(namespace: "", name: name)) else { continue }
        group.addTask { await self.settle(object, target) ? nil : name }
      }
      return await group.reduce(into: [String]()) { if let name = $1 { $0.append(name) } }
    }
    guard !silent.isEmpty, !isRetrying.exchange(true, ordering: .relaxed) else { return }
    // Not in the way of what changes meanwhile.
    Task {
      do { try await Task.sleep(for: Self.retry) } catch { return }
      self.isRetrying.store(false, ordering: .relaxed)
      self.mark(silent, signals)
    }
  }

  /// - Returns: false where it is to be looked at again soon.
  private func settle(_ object: CachedObject, _ target: ServedResource) async -> Bool {
    guard let service = AggregatedService(object) else {
      return await note(.local, object, target)
    }
    let finding = await check.run(service)
    var isKnown = finding.isAvailable
    if finding.isAvailable {
      do { try await discovery.refresh(service, check.client, check.proxy) } catch {
        // It answers, and does not say what it has: it is asked again soon.
        report("the discovery of APIService \(object.name): \(error)")
        isKnown = false
      }
    }
    let isNoted = await note(finding, object, target)
    return isKnown && isNoted
  }

  /// - Returns: false where that failed.
  private func note(_ finding: AvailabilityCheck.Finding, _ object: CachedObject, _ target: ServedResource) async
    -> Bool
  {
    let tree = object.object.tree()
    let conditions = tree["status"]?["conditions"]?.arrayValue ?? []
    let present = conditions.first { $0["type"]?.stringValue == "Available" }
    let status: JSONValue = finding.isAvailable ? "True" : "False"
    if present?["status"] == status, present?["reason"]?.stringValue == finding.reason,
      present?["message"]?.stringValue == finding.message
    {
      return true
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
      return true
    } catch let error as StatusError where error.reason == .notFound {
      return true
    } catch {
      report("the condition of APIService \(object.name): \(error)")
      return false
    }
  }
}
