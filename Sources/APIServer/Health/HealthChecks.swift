import APIMachinery
import HTTPService
import Synchronization

/// `/healthz`, `/livez` and `/readyz`: whether the server lives and is ready, check by check (Kubernetes, "API health
/// endpoints").
final class HealthChecks: Sendable {
  private static let endpoints: Set<String> = ["healthz", "livez", "readyz"]
  private static let storeTime = Duration.seconds(2)
  private static let startNames = StartStep.checks.map(\.name)
  private static let steps = Dictionary(uniqueKeysWithValues: StartStep.checks.map { ($0.name, $0.step) })

  private let store: ClusterStore
  private let others: [ServerHealthCheck]
  /// Until when the server counts as alive while its start is not finished.
  private let graceEnd: ContinuousClock.Instant
  private let now: @Sendable () -> ContinuousClock.Instant
  private let done = Mutex<Set<StartStep>>([])
  private let isEnding = Atomic(false)
  /// How often each check of each endpoint was made: in vain, and not.
  private let counts = Mutex<[Check: (passed: Int, failed: Int, isPassed: Bool)]>([:])

  private struct Check: Hashable {
    let name: String
    let endpoint: String
  }

  private func count(_ name: String, _ endpoint: String, isPassed: Bool) {
    counts.withLock { counts in
      var count = counts[Check(name: name, endpoint: endpoint)] ?? (0, 0, true)
      if isPassed { count.passed += 1 } else { count.failed += 1 }
      count.isPassed = isPassed
      counts[Check(name: name, endpoint: endpoint)] = count
    }
  }

  /// What `/metrics/slis` says: whether each check was passed when it was last made, and how often it was.
  func metrics() -> Response {
    let all = counts.withLock { $0 }.sorted { ($0.key.name, $0.key.endpoint) < ($1.key.name, $1.key.endpoint) }
    var text = MetricsText()
    text.begin("kubernetes_healthcheck", "gauge", "Whether a check was passed when it was last made.")
    for (check, count) in all {
      text.add(
        "kubernetes_healthcheck", [("name", check.name), ("type", check.endpoint)], count.isPassed ? 1 : 0)
    }
    text.begin("kubernetes_healthchecks_total", "counter", "How often a check was made, by what came of it.")
    for (check, count) in all {
      for (status, count) in [("error", count.failed), ("success", count.passed)] where count > 0 {
        text.add(
          "kubernetes_healthchecks_total", [("name", check.name), ("status", status), ("type", check.endpoint)], count)
      }
    }
    return Response(.ok, text: text.text, type: MetricsText.contentType)
  }

  /// - Parameters:
  ///   - others: checks beside the server's own.
  ///   - startGrace: how long `/livez` does not mind that the start is not finished.
  init(
    _ store: ClusterStore, _ others: [ServerHealthCheck] = [], startGrace: Duration = .zero,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    self.store = store
    self.others = others
    self.now = now
    graceEnd = now() + startGrace
  }

  func finish(_ step: StartStep) { done.withLock { _ = $0.insert(step) } }

  /// The server takes no new work: it is ready no longer.
  func end() { isEnding.store(true, ordering: .releasing) }

  private func names(_ endpoint: String) -> [String] {
    ["ping", "log", "etcd"] + others.map(\.name) + (endpoint == "readyz" ? ["etcd-readiness", "informer-sync"] : [])
      + Self.startNames + (endpoint == "readyz" ? ["shutdown"] : [])
  }

  /// By which paths the endpoints and their checks are asked for.
  var paths: [String] {
    Self.endpoints.flatMap { endpoint in ["/\(endpoint)"] + names(endpoint).map { "/\(endpoint)/\($0)" } }
  }

  /// What is wrong; nil: nothing.
  private func problem(_ name: String, _ endpoint: String) async -> String? {
    switch name {
    case "etcd", "etcd-readiness": return await storeProblem()
    case "shutdown": return isEnding.load(ordering: .acquiring) ? "process is shutting down" : nil
    default:
      if let other = others.first(where: { $0.name == name }) { return await other.problem() }
      guard let step = Self.steps[name] else { return nil }
      if endpoint == "livez", now() < graceEnd { return nil }
      return done.withLock { $0.contains(step) } ? nil : "not finished"
    }
  }

  /// Why the store cannot be relied on; nil: it can.
  func storeProblem() async -> String? {
    do {
      return try await withThrowingTaskGroup(of: String?.self) { group in
        group.addTask { [store] in
          try await store.settle()
          return nil
        }
        group.addTask {
          try await Task.sleep(for: Self.storeTime)
          return "the store did not answer in time"
        }
        defer { group.cancelAll() }
        return try await group.next() ?? nil
      }
    } catch { return "\(error)" }
  }

  /// Nil where the path is none of them.
  func respond(_ request: Request) async -> Response? {
    guard let endpoint = request.segments.first, Self.endpoints.contains(endpoint) else { return nil }
    let name = request.segments.dropFirst().joined(separator: "/")
    guard name.isEmpty else {
      guard names(endpoint).contains(name) else { return nil }
      guard let problem = await self.problem(name, endpoint) else { return Self.text(.ok, "ok") }
      return Self.text(.internalServerError, "internal server error: \(problem)\n")
    }
    return await all(endpoint, request.query)
  }

  private func all(_ endpoint: String, _ query: Query) async -> Response {
    var excluded = Set(query.all("exclude"))
    var lines = ""
    var failed = false
    for name in names(endpoint) {
      if excluded.remove(name) != nil {
        lines += "[+]\(name) excluded: ok\n"
      } else if await problem(name, endpoint) == nil {
        count(name, endpoint, isPassed: true)
        lines += "[+]\(name) ok\n"
      } else {
        count(name, endpoint, isPassed: false)
        // Why, is told to those who may ask for the check itself.
        lines += "[-]\(name) failed: reason withheld\n"
        failed = true
      }
    }
    if !excluded.isEmpty {
      let names = excluded.sorted().map(\.goQuoted).joined(separator: ",")
      lines += "warn: some health checks cannot be excluded: no matches for \(names)\n"
    }
    if failed { return Self.text(.internalServerError, "\(lines)\(endpoint) check failed\n") }
    return Self.text(.ok, query.contains("verbose") ? "\(lines)\(endpoint) check passed\n" : "ok")
  }

  private static func text(_ status: HTTPService.Status, _ text: String) -> Response {
    var response = Response(status, text: text)
    response.headers.add("X-Content-Type-Options", "nosniff")
    return response
  }
}
