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
}
