import APIMachinery
import Testing

@testable import APIServer

@Suite struct AdmissionPluginTests {
  private struct Named: Admission {
    let name: String
    func mutate(_ request: inout AdmissionRequest) async throws {}
    func validate(_ request: AdmissionRequest) async throws {}
  }

  private func selected(enabled: [String] = [], disabled: [String] = []) throws(AdmissionPlugins.SelectionError)
    -> [String]
  {
    try AdmissionPlugins(enabled: enabled, disabled: disabled).select([
      .init("A", Named(name: "A")), .init("B", isOn: false, Named(name: "B")), .init("C", Named(name: "C")),
    ]).compactMap { $0.name == ($0.admission as? Named)?.name ? $0.name : nil }
  }

  @Test func selection() throws {
    #expect(try selected() == ["A", "C"])
    #expect(try selected(enabled: ["B", "C"], disabled: ["A"]) == ["B", "C"])
    let unknown = #expect(throws: AdmissionPlugins.SelectionError.self) { try selected(disabled: ["X"]) }
    #expect(unknown?.description == #"disable-admission-plugins plugin "X" is unknown"#)
    let both = #expect(throws: AdmissionPlugins.SelectionError.self) {
      try selected(enabled: ["A", "B"], disabled: ["B"])
    }
    #expect(both?.description == "[B] in enable-admission-plugins and disable-admission-plugins overlapped")
  }

  @Test func priorities() {
    let grant = Priority.Grant(name: "high", priority: 7, preemptionPolicy: "Never")
    var spec: JSONObject = [:]
    #expect(Priority.apply(grant, to: &spec) == nil)
    #expect(spec == ["priority": 7, "preemptionPolicy": "Never", "priorityClassName": "high"])
    #expect(Priority.apply(grant, to: &spec) == nil)
    spec["priority"] = 8
    #expect(Priority.apply(grant, to: &spec)?.hasPrefix("the integer value of priority (8)") == true)
    spec = ["preemptionPolicy": "PreemptLowerPriority"]
    #expect(Priority.apply(grant, to: &spec)?.contains("computed Never") == true)
    spec = [:]
    #expect(Priority.apply(.none, to: &spec) == nil)
    #expect(spec == ["priority": 0, "preemptionPolicy": "PreemptLowerPriority"])
  }

  @Test(
    arguments: [
      ([], 2),
      ([["key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute"]], 1),
      ([["key": "node.kubernetes.io/not-ready", "operator": "Exists"]], 1),
      ([["key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule"]], 2),
      ([["operator": "Exists"]], 0),
    ] as [([JSONValue], Int)])
  func tolerations(_ own: [JSONValue], _ missing: Int) {
    #expect(DefaultTolerationSeconds().missing(in: own).count == missing)
  }

  @Test func runtimeClasses() {
    var spec: JSONObject = ["nodeSelector": ["a": "b"], "tolerations": [["key": "t"]]]
    let scheduling: JSONValue = ["nodeSelector": ["c": "d"], "tolerations": [["key": "t"], ["key": "u"]]]
    #expect(RuntimeClass.apply(overhead: ["cpu": "1"], scheduling, to: &spec) == nil)
    #expect(spec["overhead"] == ["cpu": "1"] && spec["nodeSelector"] == ["a": "b", "c": "d"])
    #expect(spec["tolerations"] == [["key": "t"], ["key": "u"]])
    #expect(RuntimeClass.apply(overhead: ["cpu": "1000m"], nil, to: &spec) == nil)
    #expect(RuntimeClass.apply(overhead: ["cpu": "2"], nil, to: &spec)?.hasPrefix("pod rejected") == true)
    spec = ["nodeSelector": ["c": "x"]]
    #expect(RuntimeClass.apply(overhead: nil, scheduling, to: &spec)?.hasPrefix("conflict: ") == true)
  }
}
