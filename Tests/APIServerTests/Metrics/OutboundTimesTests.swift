import Testing

@testable import APIServer

@Suite struct OutboundTimesTests {
  @Test func text() {
    let times = OutboundTimes()
    times.record(host: "a:1", method: "POST", status: 200, .milliseconds(3))
    times.record(host: "a:1", method: "POST", status: 503, .seconds(3))
    times.record(host: "a:1", method: "POST", status: nil, .seconds(100))
    var text = MetricsText()
    times.write(&text)
    let lines = Set(text.text.split(separator: "\n"))
    for (code, count) in [("200", 1), ("503", 1), ("<error>", 1)] {
      #expect(lines.contains("rest_client_requests_total{code=\"\(code)\",host=\"a:1\",method=\"POST\"} \(count)"))
    }
    let duration = "rest_client_request_duration_seconds"
    #expect(lines.contains("\(duration)_bucket{host=\"a:1\",verb=\"POST\",le=\"0.005\"} 1"))
    #expect(lines.contains("\(duration)_bucket{host=\"a:1\",verb=\"POST\",le=\"4\"} 2"))
    #expect(lines.contains("\(duration)_count{host=\"a:1\",verb=\"POST\"} 3"))
  }

  /// Whoever has many webhooks does not fill the memory.
  @Test func manyHosts() {
    let times = OutboundTimes()
    for number in 0..<5000 { times.record(host: "h\(number)", method: "POST", status: 200, .zero) }
    var text = MetricsText()
    times.write(&text)
    let counts = text.text.split(separator: "\n").filter { $0.hasPrefix("rest_client_requests_total{") }
    #expect(counts.count == 1025)
    #expect(counts.contains(#"rest_client_requests_total{code="200",host="",method="POST"} 3976"#))
  }
}
