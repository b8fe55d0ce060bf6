import APIMachinery
import Testing

@testable import APIServer

@Suite struct AdmissionMetricsTests {
  private func text(_ metrics: AdmissionMetrics) -> [Substring] {
    var text = MetricsText()
    metrics.write(&text)
    return text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
  }

  @Test func webhooks() {
    let metrics = AdmissionMetrics()
    metrics.webhook("w", .mutating, .create, .allowed, .milliseconds(10))
    metrics.webhook("w", .validating, .create, .refused(code: 9999), .seconds(100))
    metrics.webhook("w", .validating, .delete, .failed(isIgnored: false), .zero)
    metrics.webhook("w", .validating, .delete, .failed(isIgnored: true), .zero)
    let lines = text(metrics)
    let prefix = "apiserver_admission_webhook_"
    func has(_ line: String) -> Bool { lines.contains { $0 == prefix + line } }
    #expect(has(#"request_total{name="w",type="admit",operation="CREATE",code="200",rejected="false"} 1"#))
    #expect(has(#"request_total{name="w",type="validating",operation="CREATE",code="600",rejected="true"} 1"#))
    #expect(
      has(
        #"rejection_count{name="w",type="validating",operation="CREATE",error_type="no_error",rejection_code="600"} 1"#)
    )
    #expect(
      has(
        #"rejection_count{name="w",type="validating",operation="DELETE",error_type="calling_webhook_error",rejection_code="503"} 1"#
      ))
    #expect(has(#"fail_open_count{name="w",type="validating"} 1"#))
    let duration = "admission_duration_seconds"
    let created = #"name="w",type="admit",operation="CREATE",rejected="false""#
    #expect(
      has("\(duration)_bucket{\(created),le=\"0.005\"} 0") && has("\(duration)_bucket{\(created),le=\"0.025\"} 1"))
    #expect(has("\(duration)_bucket{\(created),le=\"+Inf\"} 1") && has("\(duration)_count{\(created)} 1"))
  }

  /// Each bucket counts what is in the ones before it too.
  @Test func bucketsAddUp() {
    let metrics = AdmissionMetrics()
    for milliseconds in [2, 2, 50, 5000] {
      metrics.validation("p", "b", .fine, "deny", .milliseconds(milliseconds))
    }
    let counts = text(metrics).filter { $0.contains("_bucket") }.compactMap { $0.split(separator: " ").last }
    #expect(counts == ["0", "0", "2", "3", "3", "4"])
  }

  /// Whoever refuses is told from those that have let the request through.
  @Test func plugins() async throws {
    struct Plugin: Admission {
      var refuses = false
      func mutate(_ request: inout AdmissionRequest) async throws {}
      func validate(_ request: AdmissionRequest) async throws {
        if refuses { throw request.forbidden("no") }
      }
    }
    let metrics = AdmissionMetrics()
    let chain = AdmissionChain(
      [.init(Plugin()), .init("A", Plugin()), .init("B", Plugin(refuses: true)), .init("C", Plugin())],
      metrics: metrics)
    let lab = try await AdmissionLab { _, _, _ in [chain] }
    _ = try await lab.refusal(of: AdmissionLab.config("c"), "configmaps")
    let lines = text(metrics).filter { $0.contains("_count{") }
    func name(_ name: String, _ isRejected: Bool, _ type: String) -> String {
      "controller_admission_duration_seconds_count{\(name)operation=\"CREATE\",rejected=\"\(isRejected)\",type=\"\(type)\"} 1"
    }
    var expected = ["admit": false, "validate": true].map { type, isRejected in
      name("", isRejected, type).replacing("controller", with: "step")
    }
    for plugin in ["A", "B", "C"] { expected.append(name(#"name="\#(plugin)","#, false, "admit")) }
    expected += [name(#"name="A","#, false, "validate"), name(#"name="B","#, true, "validate")]
    #expect(Set(lines) == Set(expected.map { "apiserver_admission_" + $0[...] }))
  }

  @Test func policies() async throws {
    let lab = try await AdmissionLab {
      [MutatingPolicies($0, authorizer: $1, registry: $2), ValidatingPolicies($0, authorizer: $1, registry: $2)]
    }
    try await lab.policy(
      "ValidatingAdmissionPolicy", "v",
      ["validations": [["expression": "object.data.a == 'x'"], ["expression": "false"]], "failurePolicy": "Ignore"],
      binding: ["validationActions": ["Warn", "Audit"]])
    try await lab.policy(
      "MutatingAdmissionPolicy", "m",
      [
        "reinvocationPolicy": "Never",
        "mutations": [
          [
            "patchType": "JSONPatch",
            "jsonPatch": ["expression": "[JSONPatch{op: 'test', path: '/data', value: 'no'}]"],
          ]
        ],
      ])
    try await lab.create(AdmissionLab.config("c", ["k": "v"]), "configmaps")
    let lines = text(lab.registry.admissionMetrics)
    let validations = lines.filter { $0.hasPrefix("apiserver_validating_admission_policy_check_total") }
    #expect(
      validations.map { $0.drop { $0 != "{" } } == [
        #"{policy="v",policy_binding="v",error_type="invalid_error",enforcement_action="allow"} 1"#,
        #"{policy="v",policy_binding="v",error_type="no_error",enforcement_action="audit"} 1"#,
        #"{policy="v",policy_binding="v",error_type="no_error",enforcement_action="warn"} 1"#,
      ])
    #expect(
      lines.contains(
        #"apiserver_mutating_admission_policy_check_total{policy="m",policy_binding="m",error_type="no_error"} 1"#))
  }
}
