import Synchronization

/// Counts requests and their durations by what they are about (Kubernetes, "Metrics reference").
final class RequestMetrics: Sendable {
  /// What requests are counted by. The order of the labels is kube-apiserver's.
  struct Key: Hashable, Sendable {
    var verb: String
    var group: String
    var version: String
    var resource: String
    var subresource: String
    var scope: String
    var isDryRun: Bool

    // A part that tells most of them apart: all of it is compared anyway.
    func hash(into hasher: inout Hasher) {
      hasher.combine(resource)
      hasher.combine(verb)
    }
  }

  struct Entry: Sendable {
    fileprivate(set) var codes: [(code: Int, count: Int)] = []
    /// Answers of each bucket, not added up.
    fileprivate(set) var buckets: [Int] = []
    fileprivate(set) var seconds = 0.0
    fileprivate(set) var timed = 0
  }

  /// Upper ends of the buckets, in seconds.
  static let bounds = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
  ]
  private static let mostKeys = 4096

  private let entries = Mutex<[Key: Entry]>([:])
  private let reading = Atomic(0)
  private let writing = Atomic(0)

  private static let readVerbs: Set<String> = ["get", "list", "watch"]
  static func isReading(_ info: RequestInfo) -> Bool { readVerbs.contains(info.verb) }

  /// Requests under way, those that only read and those that write.
  var inFlight: (reading: Int, writing: Int) {
    (reading.load(ordering: .relaxed), writing.load(ordering: .relaxed))
  }

  func begin(_ info: RequestInfo) { count(1, info) }

  private func count(_ change: Int, _ info: RequestInfo) {
    if Self.isReading(info) {
      reading.add(change, ordering: .relaxed)
    } else {
      writing.add(change, ordering: .relaxed)
    }
  }

  /// - Parameters:
  ///   - duration: nil for what lasts as long as its client likes.
  ///   - isServed: whether there is what the request is about; asked where nothing of it was counted before, so that
  ///     requests about nothing do not fill the memory.
  func end(_ info: RequestInfo, _ key: Key, code: Int, duration: Duration?, isServed: () -> Bool) {
    count(-1, info)
    let isKnown = entries.withLock { entries in
      guard entries[key] != nil else { return false }
      Self.count(&entries, key, code, duration)
      return true
    }
    if isKnown { return }
    let isServed = isServed()
    entries.withLock { entries in
      var key = key
      if !isServed || entries.count >= Self.mostKeys {
        key = Key(
          verb: key.verb, group: "", version: "", resource: "", subresource: "", scope: "", isDryRun: key.isDryRun)
      }
      Self.count(&entries, key, code, duration)
    }
  }

  private static func count(_ entries: inout [Key: Entry], _ key: Key, _ code: Int, _ duration: Duration?) {
    var entry = Entry()
    swap(&entry, &entries[key, default: Entry()])
    if let index = entry.codes.firstIndex(where: { $0.code == code }) {
      entry.codes[index].count += 1
    } else {
      entry.codes.append((code, 1))
    }
    if let duration {
      if entry.buckets.isEmpty { entry.buckets = Array(repeating: 0, count: bounds.count + 1) }
      let parts = duration.components
      let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
      entry.buckets[bounds.firstIndex { seconds <= $0 } ?? bounds.count] += 1
      entry.seconds += seconds
      entry.timed += 1
    }
    swap(&entry, &entries[key, default: Entry()])
  }

  var all: [(key: Key, entry: Entry)] { entries.withLock { $0.map { ($0.key, $0.value) } } }

  // MARK: What a request is counted by

  private static let verbs = [
    "get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH",
    "delete": "DELETE", "deletecollection": "DELETECOLLECTION", "post": "POST", "put": "PUT", "head": "GET",
  ]
  private static let connecting: Set<String> = ["attach", "exec", "portforward", "proxy"]
  /// Documents that are counted each by itself.
  private static let documents: Set<String> = [
    "/healthz", "/livez", "/readyz", "/metrics", "/version", "/openapi/v2", "/openapi/v3", "/api", "/apis",
  ]

  static func key(_ info: RequestInfo, isApply: Bool, isDryRun: Bool) -> Key {
    var verb = verbs[info.verb] ?? "OTHER"
    if isApply { verb = "APPLY" }
    if connecting.contains(info.subresource) { verb = "CONNECT" }
    guard info.isResource else {
      return Key(
        verb: verb, group: "", version: "", resource: "",
        subresource: documents.contains(info.path) ? info.path : "", scope: "", isDryRun: isDryRun)
    }
    let scope =
      !info.name.isEmpty || info.verb == "create" ? "resource" : info.namespace.isEmpty ? "cluster" : "namespace"
    return Key(
      verb: verb, group: info.group, version: info.version, resource: info.resource, subresource: info.subresource,
      scope: scope, isDryRun: isDryRun)
  }
}
