import APIMachinery
import KeyValueStore
import Synchronization

/// How long writes to the store take, by what they do and to objects of which resource. The names are those of
/// kube-apiserver's etcd, whichever store it is.
final class StoreTimes: Sendable {
  private struct Key: Hashable {
    let operation: String
    /// Of the resource's keys.
    let prefix: Substring
  }

  private struct Entry {
    var durations = Histogram(RequestMetrics.bounds)
    var errors = 0
  }

  private let entries = Mutex<[Key: Entry]>([:])

  /// - Parameters:
  ///   - mutations: of one transaction; the first one says what it is about.
  ///   - preconditions: whether an object is to be new stands in them.
  func record(
    _ mutations: [Mutation], where preconditions: [Precondition], _ duration: Duration, hasFailed: Bool
  ) {
    guard let first = mutations.first, let prefix = StorageLayout.prefix(ofKey: first.key) else { return }
    let operation: String
    switch first {
    case .delete: operation = "delete"
    case .put(let key, _):
      operation = preconditions.contains { $0 == .modRevision(key: key, equals: 0) } ? "create" : "update"
    }
    entries.withLock { entries in
      let key = Key(operation: operation, prefix: prefix)
      func note(_ entry: inout Entry) {
        entry.durations.observe(duration)
        if hasFailed { entry.errors += 1 }
      }
      note(&entries[key, default: Entry()])
    }
  }

  /// - Parameter snapshot: tells which resource a prefix belongs to; what is served no more is left out.
  func write(_ text: inout MetricsText, _ snapshot: ResourceCatalog.Snapshot) {
    var places: [Substring: GroupResource] = [:]
    for resource in snapshot.resources where resource.storedAs == nil {
      places[StorageLayout.prefix(of: resource)[...]] = resource.groupResource
    }
    let all = entries.withLock { $0 }.compactMap { key, entry -> (labels: [(String, String)], entry: Entry)? in
      guard let place = places[key.prefix] else { return nil }
      return ([("group", place.group), ("operation", key.operation), ("resource", place.resource)], entry)
    }.sorted { $0.labels.map(\.1).lexicographicallyPrecedes($1.labels.map(\.1)) }
    func each(_ name: String, _ type: String, _ help: String, _ add: (Entry, [(String, String)]) -> Void) {
      text.begin(name, type, help)
      for one in all { add(one.entry, one.labels) }
    }
    each("etcd_request_duration_seconds", "histogram", "How long writes to the store took.") {
      text.add("etcd_request_duration_seconds", $1, $0.durations)
    }
    each("etcd_requests_total", "counter", "Writes to the store.") {
      text.add("etcd_requests_total", $1, $0.durations.count)
    }
    each("etcd_request_errors_total", "counter", "Writes to the store that have failed.") {
      text.add("etcd_request_errors_total", $1, $0.errors)
    }
  }
}
