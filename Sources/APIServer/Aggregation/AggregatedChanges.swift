import APIMachinery

/// Follows the objects of API servers behind this one, as far as it matters who owns whom: changes of anything else are
/// not told.
///
/// What is known of a server that does not answer stays until it does, and is then compared with what it has; what a server
/// kept that is registered no longer is gone.
actor AggregatedChanges {
  typealias Change = AggregatedObjects.Change

  private static let firstWait = Duration.milliseconds(500)
  private static let longestWait = Duration.seconds(60)

  private let objects: AggregatedObjects
  private let report: @Sendable (String) -> Void
  private let tell: @Sendable (Change) -> Void
  private var known = KnownAggregatedObjects()
  private var followers: [AggregatedObjects.Resource: Task<Void, Never>] = [:]

  init(
    _ objects: AggregatedObjects, report: @escaping @Sendable (String) -> Void,
    tell: @escaping @Sendable (Change) -> Void
  ) {
    self.objects = objects
    self.report = report
    self.tell = tell
  }

  /// Works until the task is cancelled.
  func run() async {
    for await _ in objects.discovery.changes() { settle() }
    for task in followers.values { task.cancel() }
    for task in followers.values { await task.value }
  }

  /// Follows what can be followed now, and nothing else.
  private func settle() {
    let wanted = Set(
      objects.resources().resources.filter { $0.verbs.isSuperset(of: [.delete, .list, .watch]) })
    let current = objects.currentVersions
    for (resource, task) in followers where !wanted.contains(resource) {
      task.cancel()
      followers[resource] = nil
    }
    for resource in known.resources where !wanted.contains(resource) {
      // A version that is registered and not available may have its objects still.
      if objects.serves(resource.groupVersion), !current.contains(resource.groupVersion) {
        continue
      }
      known.forget(resource).forEach(tell)
    }
    for resource in wanted where followers[resource] == nil {
      followers[resource] = Task { await self.follow(resource) }
    }
  }

  private func follow(_ resource: AggregatedObjects.Resource) async {
    var wait = Self.firstWait
    var version = ""
    while !Task.isCancelled {
      var hasHeard = false
      let began = ContinuousClock.now
      do {
        if version.isEmpty {
          let list = try await objects.metadata(of: resource)
          try Task.checkCancellation()
          known.take(all: list.objects, of: resource).forEach(tell)
          version = list.version
        }
        for try await event in objects.watch(resource, from: version) {
          hasHeard = true
          version = event.version
          take(event, of: resource)
        }
      } catch {
        if Task.isCancelled { return }
        // What has come since the last state that the server can tell of is found out by another list.
        version = ""
        if (error as? StatusError)?.code != 410 {
          report("watching \(resource.plural) of \(resource.groupVersion.apiVersion): \(error)")
        }
      }
      // A watch that has lasted for long has come to its end, and not to grief.
      let isFine = hasHeard || ContinuousClock.now - began > Self.longestWait
      wait = isFine ? Self.firstWait : min(wait * 2, Self.longestWait)
      do { try await Task.sleep(for: wait) } catch { return }
    }
  }

  private func take(_ event: AggregatedObjects.Event, of resource: AggregatedObjects.Resource) {
    guard followers[resource] != nil, !Task.isCancelled else { return }
    if let change = known.take(event, of: resource) { tell(change) }
  }
}
