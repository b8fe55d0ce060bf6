import HTTPService
import Testing

@testable import APIServer

@Suite struct RequestMetricsTests {
  private func info(_ target: String) throws -> RequestInfo {
    let request = try Request(.get, target)
    return RequestInfo(method: .get, segments: request.segments, query: request.query)
  }

  private func record(
    _ metrics: RequestMetrics, _ target: String, code: Int = 200, milliseconds: Int = 1, isServed: Bool = true
  ) throws {
    let info = try info(target)
    metrics.begin(info)
    metrics.end(
      info, RequestMetrics.key(info, isApply: false, isDryRun: false), code: code,
      duration: .milliseconds(milliseconds)
    ) { isServed }
  }

  @Test func countsAndDurations() throws {
    let metrics = RequestMetrics()
    try record(metrics, "/api/v1/namespaces/a/pods/p", milliseconds: 1)
    try record(metrics, "/api/v1/namespaces/b/pods/q", milliseconds: 30)
    try record(metrics, "/api/v1/namespaces/b/pods/r", code: 404, milliseconds: 90_000)
    let (key, entry) = try #require(metrics.all.first)
    #expect(metrics.all.count == 1)
    #expect(key.verb == "GET" && key.resource == "pods" && key.scope == "resource")
    #expect(entry.codes.map(\.code) == [200, 404] && entry.codes.map(\.count) == [2, 1])
    #expect(entry.buckets.first == 1 && entry.buckets[2] == 1 && entry.buckets.last == 1 && entry.timed == 3)
    #expect(metrics.inFlight == (0, 0))
  }

  /// Requests about things that are not there do not fill the memory.
  @Test func nothing() throws {
    let metrics = RequestMetrics()
    for number in 0..<100 { try record(metrics, "/apis/g\(number)/v1/things", code: 404, isServed: false) }
    #expect(metrics.all.count == 1)
  }

  @Test func text() {
    var text = MetricsText()
    text.begin("a_total", "counter", "What.")
    text.add("a_total", [("x", "a\"b\\c\nd"), ("y", "")], 3)
    #expect(text.text == "# HELP a_total What.\n# TYPE a_total counter\na_total{x=\"a\\\"b\\\\c\\nd\",y=\"\"} 3\n")
  }

  @Test func identifiersDiffer() {
    let identifiers = AuditIdentifiers()
    var seen: Set<String> = []
    for _ in 0..<10_000 { seen.insert(identifiers.identifier([:])) }
    #expect(seen.count == 10_000)
    #expect(seen.allSatisfy { $0.count == 36 })
    #expect(identifiers.identifier(["audit-id": "mine"]) == "mine")
    #expect(identifiers.identifier(["Audit-Id": String(repeating: "x", count: 100)]).count == 64)
  }
}
