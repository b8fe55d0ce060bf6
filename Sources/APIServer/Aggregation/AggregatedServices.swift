import APIMachinery
import Synchronization

/// The versions that other API servers serve, found by group and version. Made anew when an APIService has changed; whoever
/// asks pays for a look at a number.
final class AggregatedServices: Sendable {
  struct Snapshot: Sendable {
    fileprivate(set) var services: [GroupVersion: AggregatedService] = [:]
    /// Whoever serves the most important version of a group first.
    fileprivate(set) var sorted: [AggregatedService] = []

    var isEmpty: Bool { services.isEmpty }
  }

  static let prefix = "\(StorageLayout.root)apiregistration.k8s.io/apiservices/"
  private let cache: ResourceCache
  private let state = Mutex<(revision: Int64, snapshot: Snapshot)>((-1, Snapshot()))

  init(_ store: ClusterStore) { cache = store.cache(of: Self.prefix) }

  var snapshot: Snapshot {
    state.withLock { state in
      guard cache.hasChanged(since: state.revision) else { return state.snapshot }
      let (objects, revision, _) = cache.list(Self.prefix)
      var snapshot = Snapshot()
      for object in objects {
        if let service = AggregatedService(object) { snapshot.services[service.groupVersion] = service }
      }
      var groups: [String: Int64] = [:]
      for service in snapshot.services.values {
        groups[service.groupVersion.group] = max(groups[service.groupVersion.group] ?? 0, service.groupPriority)
      }
      snapshot.sorted = snapshot.services.values.sorted { a, b in
        let (groupA, groupB) = (a.groupVersion.group, b.groupVersion.group)
        if groupA != groupB {
          let (priorityA, priorityB) = (groups[groupA] ?? 0, groups[groupB] ?? 0)
          return priorityA == priorityB ? groupA < groupB : priorityA > priorityB
        }
        if a.versionPriority != b.versionPriority { return a.versionPriority > b.versionPriority }
        return VersionOrder.precedes(a.groupVersion.version, b.groupVersion.version)
      }
      state = (revision, snapshot)
      return snapshot
    }
  }
}
