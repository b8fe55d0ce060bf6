import HTTPService
import NIOCore
import Testing

@testable import APIServer

@Suite struct FlowMetricsTests {
  private static let admin = User(name: "root", groups: ["system:masters"])
  private static let user = User(name: "bob", groups: ["system:authenticated"])

  private func lines(_ control: FlowControl) -> Set<Substring> {
    var text = MetricsText()
    control.writeMetrics(&text)
    return Set(text.text.split(separator: "\n"))
  }

  private func info() throws -> RequestInfo {
    let request = try Request(.get, "/api/v1/namespaces/a/pods")
    return RequestInfo(method: .get, segments: request.segments, query: request.query)
  }

  @Test func flows() async throws {
    let control = FlowControl(seats: 600)
    let info = try info()
    let place = control.classify(Self.user, info)
    let exempt = control.classify(Self.admin, info)
    let admitted = try await control.admit(place, Self.user, info) { _ in
      WorkEstimate(info, Query(), widest: nil) { nil }
    }
    let free = try await control.admit(exempt, Self.admin, info) { _ in
      WorkEstimate(info, Query(), widest: nil) { nil }
    }
    let labels = #"{flow_schema="global-default",priority_level="global-default"}"#
    let prefix = "apiserver_flowcontrol_"
    var text = lines(control)
    #expect(text.contains("\(prefix)current_executing_requests\(labels) 1"))
    #expect(text.contains("\(prefix)dispatched_requests_total\(labels) 1"))
    #expect(text.contains("\(prefix)current_inqueue_requests\(labels) 0"))
    #expect(text.contains(#"\#(prefix)current_executing_seats{flow_schema="exempt",priority_level="exempt"} 1"#))
    control.end(admitted, isWatch: false)
    control.end(free, isWatch: true)
    text = lines(control)
    #expect(text.contains("\(prefix)current_executing_requests\(labels) 0"))
    #expect(text.contains("\(prefix)current_executing_seats\(labels) 0"))
    let ended = #"request_execution_seconds_count{flow_schema="exempt",priority_level="exempt",type="watch"} 1"#
    #expect(text.contains(prefix[...] + ended))
    let waited = #"global-default",execute="true"} 1"#
    #expect(text.contains { $0.hasPrefix(prefix + "request_wait_duration_seconds_count") && $0.hasSuffix(waited) })
  }

  @Test func dump() async throws {
    let control = FlowControl(seats: 600)
    let info = try info()
    let place = control.classify(Self.user, info)
    let admitted = try await control.admit(place, Self.user, info) { _ in
      WorkEstimate(info, Query(), widest: nil) { nil }
    }
    defer { control.end(admitted, isWatch: false) }
    let path = "/debug/api_priority_and_fairness/dump_priority_levels"
    let response = try #require(control.dump(try Request(.get, path)))
    guard case .bytes(let buffer) = response.body else {
      Issue.record("a table is sent in one piece")
      return
    }
    let rows = String(buffer: buffer).split(separator: "\n").map {
      $0.split(separator: ",").map { $0.filter { $0 != " " } }
    }
    #expect(rows.first?.first == "PriorityLevelName" && rows.first?.count == 10)
    #expect(rows.contains(["global-default", "0", "false", "false", "0", "1", "1", "0", "0", "0"]))
    #expect(rows.contains(["exempt", "0", "true", "false", "0", "0", "0", "0", "0", "0"]))
    #expect(control.dump(try Request(.get, "/debug/api_priority_and_fairness/dump_nothing")) == nil)
  }

  @Test func tables() {
    #expect(
      AlignedText.table([["Name", "B", "C"], ["a", "long enough", "x"]])
        == "Name,   B,           C\na,      long enough, x\n")
  }

  private func table(_ control: FlowControl, _ path: String) throws -> [[String]] {
    let response = try #require(control.dump(try Request(.get, "/debug/api_priority_and_fairness/\(path)")))
    guard case .bytes(let buffer) = response.body else {
      Issue.record("a table is sent in one piece")
      return []
    }
    return String(buffer: buffer).split(separator: "\n").map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).map { String($0.filter { $0 != " " }) }
    }
  }

  /// Whoever waits, and whoever runs, is found in its queue.
  @Test(.timeLimit(.minutes(1))) func queuesAndRequests() async throws {
    let control = FlowControl(seats: 1)
    let info = try info()
    let place = control.classify(Self.user, info)
    let first = try await control.admit(place, Self.user, info) { _ in .none }
    let second = Task { try await control.admit(place, Self.user, info) { _ in .none } }
    let labels = #"{flow_schema="global-default",priority_level="global-default"}"#
    // The last thing that is counted of a request before it waits.
    let queued = "apiserver_flowcontrol_request_queue_length_after_enqueue_sum\(labels) 1.0"
    while !lines(control).contains(queued[...]) { await Task.yield() }
    let queues = try table(control, "dump_queues").filter { $0[0] == "global-default" }
    #expect(queues.count == 128 && queues.allSatisfy { $0.count == 9 })
    let queue = try #require(queues.first { $0[2] == "1" })
    #expect(queue[3...] == ["0", "0", "0.00000000ss", "1", "1", "0.00500000ss"])
    var rows = try table(control, "dump_requests?includeRequestDetails=1")
    #expect(rows[0].count == 18 && rows[0][4] == "FlowDistingsher" && rows[0][17] == "SubResource")
    #expect(rows.count == 3)
    #expect(rows[1][..<5] == ["global-default", "global-default", queue[1], "0", "bob"])
    #expect(rows[1][6...9] == ["1", "0", "0s", "0001-01-01T00:00:00Z"])
    #expect(rows[1][10...] == ["bob", "list", "/api/v1/namespaces/a/pods", "a", "", "v1", "pods", ""])
    #expect(rows[2][..<5] == ["global-default", "global-default", "-1", "-1", "bob"])
    var text = lines(control)
    #expect(text.contains("apiserver_flowcontrol_current_inqueue_seats\(labels) 1"))
    #expect(text.contains("apiserver_flowcontrol_work_estimated_seats_count\(labels) 2"))
    control.end(first, isWatch: false)
    let admitted = try await second.value
    #expect(admitted.waited > .zero)
    rows = try table(control, "dump_requests")
    #expect(rows.count == 2 && rows[1].count == 10 && rows[1][2] == queue[1] && rows[1][3] == "-1")
    #expect(try table(control, "dump_queues").contains { $0[1] == queue[1] && $0[3] == "1" && $0[4] == "1" })
    control.end(admitted, isWatch: false)
    #expect(try table(control, "dump_requests").count == 1)
    text = lines(control)
    #expect(text.contains("apiserver_flowcontrol_current_inqueue_seats\(labels) 0"))
  }
}
