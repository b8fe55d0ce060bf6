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

    /// What it is about, whatever is done with it.
    var withoutVerb: Key {
      Key(
        verb: "", group: group, version: version, resource: resource, subresource: subresource, scope: "",
        isDryRun: false)
    }

    // A part that tells most of them apart: all of it is compared anyway.
    func hash(into hasher: inout Hasher) {
      hasher.combine(resource)
      hasher.combine(verb)
    }
  }

  struct Entry: Sendable {
    fileprivate(set) var codes: [(code: Int, count: Int)] = []
    /// Nil where everything lasted as long as its client liked.
    fileprivate(set) var duration: Histogram?
    /// Without the time for which others were waited for: webhooks and a seat.
    fileprivate(set) var ownDuration: Histogram?
    /// Of answers to who reads, in bytes.
    fileprivate(set) var size: Histogram?
  }

  /// What is known of a request that is answered.
  struct Outcome {
    var code: Int
    /// Nil for what lasts as long as its client likes.
    var duration: Duration?
    /// Of the duration, how long others were waited for.
    var waited = Duration.zero
    /// Bytes of the answer; nil for one without an end.
    var size: Int?
  }

  /// Upper ends of the buckets, in seconds.
  static let bounds = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
  ]
  private static let ownBounds = Array(bounds.dropFirst(2))
  /// In bytes, from a kilobyte to a gigabyte.
  private static let sizeBounds: [Double] = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
  private static let mostKeys = 4096

  private let entries = Mutex<[Key: Entry]>([:])
  private let running = Mutex<[Key: Int]>([:])
  private let deprecated = Mutex<Set<Key>>([])
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

  /// - Parameter isServed: whether there is what the request is about; asked where nothing of it was counted before, so that
  ///   requests about nothing do not fill the memory.
  func end(_ info: RequestInfo, _ key: Key, _ outcome: Outcome, isServed: () -> Bool) {
    count(-1, info)
    let isKnown = entries.withLock { entries in
      guard let index = entries.index(forKey: key) else { return false }
      Self.count(&entries.values[index], key, outcome)
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
      Self.count(&entries[key, default: Entry()], key, outcome)
    }
  }

  private static func count(_ entry: inout Entry, _ key: Key, _ outcome: Outcome) {
    if let index = entry.codes.firstIndex(where: { $0.code == outcome.code }) {
      entry.codes[index].count += 1
    } else {
      entry.codes.append((outcome.code, 1))
    }
    if let duration = outcome.duration {
      if entry.duration == nil { entry.duration = Histogram(bounds) }
      entry.duration?.observe(duration)
      if entry.ownDuration == nil { entry.ownDuration = Histogram(ownBounds) }
      entry.ownDuration?.observe(max(.zero, duration - outcome.waited))
    }
    if let size = outcome.size, key.verb == "GET" || key.verb == "LIST", !key.resource.isEmpty {
      if entry.size == nil { entry.size = Histogram(sizeBounds) }
      entry.size?.observe(Double(size))
    }
  }

  var all: [(key: Key, entry: Entry)] { entries.withLock { $0.map { ($0.key, $0.value) } } }

  // MARK: Requests that last

  /// Counts a request that lasts as long as its client likes, until nobody holds what is returned any more.
  func run(_ key: Key) -> AtEnd {
    running.withLock { $0[key, default: 0] += 1 }
    return AtEnd { [weak self] in self?.running.withLock { $0[key, default: 1] -= 1 } }
  }

  /// How many of them there are; those that have ended have their place still.
  var runningRequests: [(key: Key, count: Int)] { running.withLock { $0.map { ($0.key, $0.value) } } }

  /// Notes that somebody asks for a version that will be served no more.
  func noteDeprecated(_ key: Key) { deprecated.withLock { _ = $0.insert(key) } }

  var deprecatedRequests: Set<Key> { deprecated.withLock { $0 } }

  // MARK: What a request is counted by

  private static let verbs = [
    "get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH",
    "delete": "DELETE", "deletecollection": "DELETECOLLECTION", "post": "POST", "put": "PUT", "head": "GET",
  ]
  private static let connecting: Set<String> = ["attach", "exec", "portforward", "proxy"]
  /// Documents that are counted each by itself.
  private static let documents: Set<String> = [
    "/healthz", "/livez", "/readyz", "/metrics", "/metrics/slis", "/version", "/openapi/v2", "/openapi/v3", "/api",
    "/apis",
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
