import APIMachinery
import Testing

@testable import APIServer

/// What the plugin tells of: in warnings, annotations and metrics.
@Suite struct PodSecurityPluginTests {
  private static let prefix = "pod-security.kubernetes.io/"

  /// A namespace with labels, and a plugin that does not stand in the way of making it.
  private final class Scene {
    let lab: AdmissionLab
    let plugin: PodSecurity
    let metrics = AdmissionMetrics()

    init(_ labels: JSONObject, _ configuration: PodSecurityConfiguration = .init()) async throws {
      lab = try await AdmissionLab { _, _, _ in [] }
      plugin = PodSecurity(lab.store, configuration, metrics: metrics)
      var written: JSONObject = [:]
      for (name, value) in labels { written[PodSecurityPluginTests.prefix + name] = value }
      try await lab.create(
        ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n", "labels": .object(written)]], "namespaces")
    }

    /// Asks about something new.
    func ask(_ object: JSONObject, _ resource: String = "pods", _ place: String = "v1") async throws -> RequestContext {
      let context = lab.context("create", namespace: "n", name: "one")
      try await plugin.validate(
        AdmissionRequest(
          operation: .create, resource: try lab.target(resource, place), subresource: "", namespace: "n", name: "n",
          user: .server, object: object, oldObject: nil, isDryRun: false, context: context))
      return context
    }

    /// Lines that count more than nothing.
    var counts: Set<String> {
      var text = MetricsText()
      metrics.write(&text)
      return Set(
        text.text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("pod_security") && !$0.hasSuffix(" 0") }
      )
    }
  }

  private static let privileged: JSONObject = [
    "spec": ["containers": [["name": "c", "securityContext": ["privileged": true]]]]
  ]
  private static let plain: JSONObject = ["spec": ["containers": [["name": "c"]]]]

  private static func evaluation(
    _ decision: String, _ level: String, _ version: String, _ mode: String, _ resource: String = "pod"
  ) -> String {
    """
    pod_security_evaluations_total{decision="\(decision)",policy_level="\(level)",policy_version="\(version)",\
    mode="\(mode)",request_operation="create",resource="\(resource)",subresource=""} 1
    """
  }

  @Test func nothingIsDemanded() async throws {
    let scene = try await Scene([:])
    let context = try await scene.ask(Self.privileged)
    #expect(context.auditAnnotations(at: .metadata) == [Self.prefix + "enforce-policy": "privileged:latest"])
    #expect(scene.counts == [Self.evaluation("allow", "privileged", "latest", "enforce")])
  }

  @Test func evaluationsAreCounted() async throws {
    let scene = try await Scene([
      "enforce": "baseline", "enforce-version": "v1.999", "audit": "restricted", "audit-version": "v1.30",
      "warn": "restricted",
    ])
    let context = try await scene.ask(Self.plain)
    #expect(
      context.warnings.count == 1 && context.warnings[0].hasPrefix(#"would violate PodSecurity "restricted:latest": "#))
    let note = context.auditAnnotations(at: .metadata)[Self.prefix + "audit-violations"] ?? ""
    #expect(note.hasPrefix(#"would violate PodSecurity "restricted:v1.30": "#))
    #expect(
      scene.counts == [
        Self.evaluation("allow", "baseline", "future", "enforce"),
        Self.evaluation("deny", "restricted", "v1.30", "audit"),
        Self.evaluation("deny", "restricted", "latest", "warn"),
      ])
  }

  /// Who is refused is not warned, but the audit log is told.
  @Test func refusals() async throws {
    let scene = try await Scene(["enforce": "baseline", "audit": "baseline", "warn": "baseline"])
    let error = await #expect(throws: StatusError.self) { _ = try await scene.ask(Self.privileged) }
    #expect(error?.message.contains(#"violates PodSecurity "baseline:latest": privileged ("#) == true)
    #expect(
      scene.counts == [
        Self.evaluation("deny", "baseline", "latest", "enforce"),
        Self.evaluation("deny", "baseline", "latest", "audit"),
      ])
  }

  /// A template is not refused: its pods will be.
  @Test func templates() async throws {
    let scene = try await Scene(["enforce": "baseline"])
    let context = try await scene.ask(
      ["spec": ["template": .object(Self.privileged)]], "deployments", "apps/v1")
    #expect(context.warnings.count == 1)
    #expect(scene.counts == [Self.evaluation("deny", "baseline", "latest", "warn", "controller")])
    let without = try await scene.ask(["spec": [:]], "replicationcontrollers")
    #expect(without.warnings.isEmpty)
  }

  /// Labels from before the plugin ran are not refused any more, but told of.
  @Test func labelsThatAreWrong() async throws {
    let scene = try await Scene(["audit": "odd"])
    let context = try await scene.ask(Self.privileged)
    #expect(
      context.auditAnnotations(at: .metadata)[Self.prefix + "error"]
        == #"Failed to parse policy: metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: "odd": must be one of privileged, baseline, restricted"#
    )
    #expect(
      scene.counts.contains(
        #"pod_security_errors_total{fatal="false",request_operation="create",resource="pod",subresource=""} 1"#))
  }

  @Test func exemptions() async throws {
    var configuration = PodSecurityConfiguration()
    configuration.namespaces = ["n"]
    let scene = try await Scene(["enforce": "restricted"], configuration)
    let context = try await scene.ask(Self.privileged)
    #expect(context.auditAnnotations(at: .metadata) == [Self.prefix + "exempt": "namespace"])
    #expect(
      scene.counts == [#"pod_security_exemptions_total{request_operation="create",resource="pod",subresource=""} 1"#])
    let namespace: JSONObject = [
      "metadata": [
        "name": "n", "labels": .object([Self.prefix + "enforce": "baseline", Self.prefix + "warn": "privileged"]),
      ]
    ]
    #expect(
      try await scene.ask(namespace, "namespaces").warnings == [
        #"namespace "n" is exempt from Pod Security, and the policy (enforce=baseline:latest) will be ignored"#
      ])
    #expect(try await scene.ask(["metadata": ["name": "n"]], "namespaces").warnings.isEmpty)
  }
}
