import HTTPService
import Testing

@testable import APIServer

@Suite struct RequestMetricsTests {
  private func info(_ target: String) throws -> RequestInfo {
    let request = try Request(.get, target)
    return RequestInfo(method: .get, segments: request.segments, query: request.query)
  }

  private func record(
    _ metrics: RequestMetrics, _ target: String, code: Int = 200, milliseconds: Int = 1, waited: Int = 0,
    isServed: Bool = true
  ) throws {
    let info = try info(target)
    metrics.begin(info)
    metrics.end(
      info, RequestMetrics.key(info, isApply: false, isDryRun: false),
      .init(code: code, duration: .milliseconds(milliseconds), waited: .milliseconds(waited), size: 1500)
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
    let duration = try #require(entry.duration)
    #expect(
      duration.buckets.first == 1 && duration.buckets[2] == 1 && duration.buckets.last == 1 && duration.count == 3)
    #expect(metrics.inFlight == (0, 0))
  }

  /// What webhooks and seats have taken is left out of one distribution, and sizes are counted of those who read.
  @Test func ownDurations() throws {
    let metrics = RequestMetrics()
    try record(metrics, "/api/v1/pods", milliseconds: 5000, waited: 4990)
    var text = MetricsText()
    metrics.write(&text)
    let labels =
      #"component="apiserver",group="",resource="pods",scope="cluster",subresource="",verb="LIST",version="v1""#
    for line in [
      "apiserver_request_sli_duration_seconds_bucket{\(labels),le=\"0.05\"} 1",
      "apiserver_response_sizes_bucket{\(labels),le=\"1000\"} 0",
      "apiserver_response_sizes_bucket{\(labels),le=\"10000\"} 1", "apiserver_response_sizes_sum{\(labels)} 1500.0",
    ] {
      #expect(text.text.contains(line + "\n"), "\(line)")
    }
    #expect(text.text.contains(#"le="4"} 0"#) && text.text.contains(#"le="5"} 1"#))
  }

  /// A watch is counted until nobody holds it any more.
  @Test func requestsThatLast() throws {
    let metrics = RequestMetrics()
    let key = RequestMetrics.key(try info("/api/v1/pods?watch=1"), isApply: false, isDryRun: false)
    var response: Response? = Response.stream { _ in }.keeping(metrics.run(key))
    let other = metrics.run(key)
    #expect(response != nil && metrics.runningRequests.map(\.count) == [2])
    response = nil
    #expect(metrics.runningRequests.map(\.count) == [1])
    withExtendedLifetime(other) {}
    _ = Response(.ok, text: "a").keeping(metrics.run(key))
  }

  @Test func distributions() {
    var one = Histogram([1, 10])
    for value in [0.5, 1, 2, 100] { one.observe(value) }
    var other = Histogram([1, 10])
    other.observe(.milliseconds(1500))
    one.add(other)
    #expect(one.buckets == [2, 2, 1] && one.count == 5 && one.sum == 105)
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
