import Testing

@testable import APIServer

@Suite struct AccessMetricsTests {
  @Test func text() {
    let metrics = AccessMetrics()
    for name in ["kubelet", "ann@example.com", "bob", "system:serviceaccount:a:b"] {
      metrics.note(.success, user: name, after: .microseconds(10))
    }
    metrics.note(.failure, user: nil, after: .milliseconds(3))
    metrics.note(.error, user: nil, after: .seconds(100))
    metrics.note(.allowed(reason: ""), after: .zero)
    metrics.note(.noOpinion(reason: ""), after: .zero)
    metrics.note(.failed(why: "", isFinal: true), after: .zero)
    var text = MetricsText()
    metrics.write(&text)
    let lines = Set(text.text.split(separator: "\n"))
    for line in [
      #"authenticated_user_requests{username="email_id"} 1"#, #"authenticated_user_requests{username="kubelet"} 1"#,
      #"authenticated_user_requests{username="other"} 2"#, #"authentication_attempts{result="success"} 4"#,
      #"authentication_attempts{result="failure"} 1"#, #"authentication_attempts{result="error"} 1"#,
      #"authentication_duration_seconds_bucket{result="failure",le="0.002"} 0"#,
      #"authentication_duration_seconds_bucket{result="failure",le="0.004"} 1"#,
      #"authorization_attempts_total{result="allowed"} 1"#, #"authorization_attempts_total{result="no-opinion"} 1"#,
      #"authorization_attempts_total{result="error"} 1"#, #"authorization_duration_seconds_count{result="allowed"} 1"#,
    ] {
      #expect(lines.contains(line[...]), "\(line)")
    }
    #expect(!text.text.contains("denied"))
  }
}
