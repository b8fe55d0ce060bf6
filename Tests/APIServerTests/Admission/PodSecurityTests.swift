import APIMachinery
import Testing

@testable import APIServer

@Suite struct PodSecurityTests {
  private func violations(_ spec: String, _ standard: String, annotations: JSONObject = [:]) throws -> [String] {
    let parts = standard.split(separator: ":").map(String.init)
    let level = try #require(PodSecurityLevel(rawValue: parts[0]))
    let version = try #require(PodSecurityVersion(parts.count > 1 ? parts[1] : "latest"))
    let pod = PodToCheck(
      metadata: ["annotations": .object(annotations)], spec: try JSONValue(json: Array(spec.utf8)))
    return PodSecurityStandards.violations(of: pod, PodSecurityStandard(level: level, version: version))
      .map(\.description)
  }

  /// A spec of two containers: one with a security context, and one that is as a test does not mind.
  private static func contexts(_ one: String, _ other: String = "{}", pod: String = "{}") -> String {
    #"{"securityContext":\#(pod),"containers":[{"name":"a","securityContext":\#(one)},{"name":"b","securityContext":\#(other)}]}"#
  }

  @Test(arguments: [
    (
      #"{"hostNetwork":true,"hostPID":true,"hostIPC":true}"#,
      "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"
    ),
    (contexts(#"{"privileged":true}"#), #"privileged (container "a" must not set securityContext.privileged=true)"#),
    (
      contexts(#"{"privileged":true}"#, #"{"privileged":true}"#),
      #"privileged (containers "a", "b" must not set securityContext.privileged=true)"#
    ),
    (
      contexts(#"{"capabilities":{"add":["NET_RAW","CHOWN","SYS_ADMIN"]}}"#),
      #"non-default capabilities (container "a" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)"#
    ),
    (#"{"volumes":[{"name":"v","hostPath":{}},{"name":"w","emptyDir":{}}]}"#, #"hostPath volumes (volume "v")"#),
    (
      #"{"containers":[{"name":"a","ports":[{"hostPort":80},{"hostPort":0}]},{"name":"b","ports":[{"hostPort":443}]}]}"#,
      #"hostPort (containers "a", "b" use hostPorts 443, 80)"#
    ),
    (
      #"{"initContainers":[{"name":"i","ports":[{"hostPort":80}]}]}"#, #"hostPort (container "i" uses hostPort 80)"#
    ),
    (
      #"{"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"h"}},"lifecycle":{"preStop":{"tcpSocket":{"host":"g"}}}}]}"#,
      #"probe or lifecycle host (container "a" uses probe or lifecycle hosts "g", "h")"#
    ),
    (
      contexts(#"{"windowsOptions":{"hostProcess":true}}"#, pod: #"{"windowsOptions":{"hostProcess":true}}"#),
      #"hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)"#
    ),
    (
      #"{"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_syncookies"},{"name":"net.ipv4.tcp_rmem"},{"name":"kernel.x"}]}}"#,
      "forbidden sysctls (kernel.x)"
    ),
    (
      contexts(#"{"procMount":"Unmasked"}"#, #"{"procMount":"Default"}"#),
      #"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#
    ),
    (
      contexts(#"{"seccompProfile":{"type":"Unconfined"}}"#, pod: #"{"seccompProfile":{"type":"Unconfined"}}"#),
      #"seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")"#
    ),
    (
      contexts(#"{"appArmorProfile":{"type":"Unconfined"}}"#, #"{"appArmorProfile":{"type":"RuntimeDefault"}}"#),
      #"forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")"#
    ),
    (
      contexts(#"{"seLinuxOptions":{"type":"spc_t","user":"u"}}"#, #"{"seLinuxOptions":{"role":"r","type":"x_t"}}"#),
      #"seLinuxOptions (containers "a", "b" set forbidden securityContext.seLinuxOptions: types "spc_t", "x_t"; user may not be set; role may not be set)"#
    ),
  ])
  func baseline(_ spec: String, _ expected: String) throws {
    #expect(try violations(spec, "baseline") == [expected])
    #expect(try violations(spec, "privileged").isEmpty)
  }

  /// What meets all but the control that a test is about.
  private static let good =
    #""allowPrivilegeEscalation":false,"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"},"capabilities":{"drop":["ALL"]}"#

  @Test(arguments: [
    (
      #"{"containers":[{"name":"c"}]}"#,
      [
        #"allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)"#,
        #"unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])"#,
        #"runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)"#,
        #"seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#,
      ]
    ),
    (contexts("{\(good)}", "{\(good)}"), []),
    (
      contexts("{\(good),\"runAsUser\":0}", "{\(good)}", pod: #"{"runAsUser":0}"#),
      [#"runAsUser=0 (pod and container "a" must not set runAsUser=0)"#]
    ),
    (
      #"{"containers":[{"name":"a","securityContext":{\#(good)}}],"volumes":[{"name":"v","hostPath":{}},{"name":"n","nfs":{}},{"name":"e","emptyDir":{}},{"name":"i","image":{}}]}"#,
      [#"restricted volume types (volumes "v", "n" use restricted volume types "hostPath", "nfs")"#]
    ),
    (
      contexts(
        #"{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"],"add":["CHOWN","NET_BIND_SERVICE"]}}"#,
        "{\(good)}", pod: #"{"runAsNonRoot":true,"seccompProfile":{"type":"Localhost"}}"#),
      [
        #"unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)"#
      ]
    ),
    (
      contexts(
        "{\(good)}",
        #"{"allowPrivilegeEscalation":false,"runAsNonRoot":false,"seccompProfile":{"type":"Unconfined"},"capabilities":{"drop":["ALL"]}}"#
      ),
      [
        #"runAsNonRoot != true (container "b" must not set securityContext.runAsNonRoot=false)"#,
        #"seccompProfile (container "b" must not set securityContext.seccompProfile.type to "Unconfined")"#,
      ]
    ),
    // The controls of the baseline come first.
    (
      #"{"hostPID":true,"containers":[{"name":"a","securityContext":{\#(good),"procMount":"Unmasked"}}]}"#,
      [
        "host namespaces (hostPID=true)",
        #"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#,
      ]
    ),
    // Pods with users of their own may be root in them.
    (
      #"{"hostUsers":false,"containers":[{"name":"a","securityContext":{"runAsUser":0,"allowPrivilegeEscalation":false,"seccompProfile":{"type":"RuntimeDefault"},"capabilities":{"drop":["ALL"]}}}]}"#,
      []
    ),
    // Windows knows none of these.
    (
      #"{"os":{"name":"windows"},"securityContext":{"runAsNonRoot":true},"containers":[{"name":"a"}]}"#, []
    ),
  ])
  func restricted(_ spec: String, _ expected: [String]) throws {
    #expect(try violations(spec, "restricted") == expected)
  }

  @Test func ephemeralContainersCount() throws {
    let spec = #"{"ephemeralContainers":[{"name":"e","securityContext":{"privileged":true}}]}"#
    #expect(
      try violations(spec, "baseline") == [
        #"privileged (container "e" must not set securityContext.privileged=true)"#
      ])
  }

  /// Controls by version: a spec, the last version that allows it (or none), and the first that does not, or the other way.
  @Test(arguments: [
    (
      #"{"securityContext":{"sysctls":[{"name":"net.ipv4.ip_local_reserved_ports"}]}}"#, "baseline", 26, false, 27, true
    ),
    (#"{"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_keepalive_time"}]}}"#, "baseline", 28, false, 29, true),
    (#"{"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_wmem"}]}}"#, "baseline", 31, false, 32, true),
    (#"{"securityContext":{"seLinuxOptions":{"type":"container_engine_t"}}}"#, "baseline", 30, false, 31, true),
    (#"{"securityContext":{"seccompProfile":{"type":"Unconfined"}}}"#, "baseline", 18, true, 19, false),
    (#"{"containers":[{"name":"a","startupProbe":{"tcpSocket":{"host":"h"}}}]}"#, "baseline", 33, true, 34, false),
    (
      #"{"hostUsers":false,"containers":[{"name":"a","securityContext":{"procMount":"Unmasked"}}]}"#, "baseline", 34,
      false, 35, true
    ),
    (#"{"securityContext":{"runAsNonRoot":true},"containers":[{"name":"a"}]}"#, "restricted", 7, true, 8, false),
    (#"{"securityContext":{"runAsNonRoot":true,"runAsUser":0}}"#, "restricted", 22, true, 23, false),
    (
      #"{"os":{"name":"windows"},"securityContext":{"runAsNonRoot":true},"containers":[{"name":"a"}]}"#, "restricted",
      24, false, 25, true
    ),
    (
      #"{"hostUsers":false,"containers":[{"name":"a","securityContext":{"allowPrivilegeEscalation":false,"seccompProfile":{"type":"RuntimeDefault"},"capabilities":{"drop":["ALL"]}}}]}"#,
      "restricted", 34, false, 35, true
    ),
  ])
  func versions(
    _ spec: String, _ level: String, _ before: Int, _ allowedBefore: Bool, _ since: Int, _ allowedSince: Bool
  ) throws {
    #expect(try violations(spec, "\(level):v1.\(before)").isEmpty == allowedBefore)
    #expect(try violations(spec, "\(level):v1.\(since)").isEmpty == allowedSince)
    #expect(try violations(spec, "\(level):v1.99") == violations(spec, "\(level):latest"))
  }

  @Test func annotations() throws {
    let key = "container.apparmor.security.beta.kubernetes.io/a"
    #expect(
      try violations("{}", "baseline", annotations: [key: "unconfined"]) == [
        "forbidden AppArmor profile (annotation must not set AppArmor profile type to \"\(key)=\"unconfined\"\")"
      ])
    #expect(try violations("{}", "baseline", annotations: [key: "localhost/x"]).isEmpty)
    let old = "seccomp.security.alpha.kubernetes.io/pod"
    #expect(
      try violations("{}", "baseline:v1.18", annotations: [old: "unconfined"]) == [
        "seccompProfile (forbidden annotation \(old)=\"unconfined\")"
      ])
    #expect(try violations("{}", "baseline:v1.19", annotations: [old: "unconfined"]).isEmpty)
  }

  @Test func labels() {
    let prefix = "pod-security.kubernetes.io/"
    let good = PodSecurityPolicy.read([
      prefix + "enforce": "baseline", prefix + "enforce-version": "v1.30", prefix + "warn": "restricted",
    ])
    #expect(good.errors.isEmpty)
    #expect(
      "\(good.policy.enforce) \(good.policy.warn) \(good.policy.audit)"
        == "baseline:v1.30 restricted:latest privileged:latest")
    let bad = PodSecurityPolicy.read([
      prefix + "enforce": "Baseline", prefix + "warn": "x", prefix + "warn-version": "v1.030",
    ])
    #expect("\(bad.policy.enforce) \(bad.policy.warn)" == "restricted:latest privileged:latest")
    #expect(
      bad.errors.map(\.description) == [
        #"metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "Baseline": must be one of privileged, baseline, restricted"#,
        #"metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "x": must be one of privileged, baseline, restricted"#,
        #"metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "v1.030": must be "latest" or "v1.x""#,
      ])
  }

  /// Who enforces and does not say of what to warn warns of the same.
  @Test(arguments: [
    (["enforce": "baseline"], "privileged", "baseline:latest"),
    (["enforce": "baseline", "enforce-version": "v1.20"], "privileged", "baseline:v1.20"),
    (["enforce": "baseline", "enforce-version": "v1.20", "warn-version": "v1.21"], "privileged", "baseline:v1.21"),
    (["enforce": "baseline", "warn": "privileged"], "privileged", "privileged:latest"),
    (["enforce": "baseline"], "restricted", "restricted:latest"),
    (["enforce": "nonsense"], "privileged", "privileged:latest"),
    (["audit": "baseline"], "baseline", "baseline:latest"),
  ])
  func whatIsWarnedOf(_ labels: [String: String], _ otherwise: String, _ warn: String) throws {
    var defaults = PodSecurityPolicy()
    defaults.warn.level = try #require(PodSecurityLevel(rawValue: otherwise))
    let set = LabelSet(
      json: .object(JSONObject(labels.map { ("pod-security.kubernetes.io/" + $0.key, .string($0.value)) })))
    #expect(PodSecurityPolicy.read(set, defaults: defaults).policy.warn.description == warn)
  }

  @Test(arguments: ["1.30", "v1", "v1.", "v2.1", "v1.01", "v1.x", "v1.-1", ""])
  func noVersions(_ text: String) { #expect(PodSecurityVersion(text) == nil) }

  @Test func changesThatMatter() {
    func pod(_ image: String, ephemeral: [JSONValue] = [], deadline: Int64 = 1) -> JSONObject {
      [
        "spec": [
          "containers": [["name": "c", "image": .string(image)]], "ephemeralContainers": .array(ephemeral),
          "activeDeadlineSeconds": .integer(deadline),
        ]
      ]
    }
    #expect(!PodSecurity.isSignificant(from: pod("a"), to: pod("a", deadline: 2)))
    #expect(PodSecurity.isSignificant(from: pod("a"), to: pod("b")))
    #expect(PodSecurity.isSignificant(from: pod("a"), to: pod("a", ephemeral: [["name": "e", "image": "i"]])))
  }

  @Test func whatIsThereAlready() {
    func pod(_ name: String, _ spec: JSONValue, controller: String? = nil) -> StoredObject {
      var metadata: JSONObject = ["name": .string(name)]
      if let controller {
        metadata["ownerReferences"] = [["uid": .string(controller), "controller": true, "name": "o"]]
      }
      return StoredObject(["kind": "Pod", "apiVersion": "v1", "metadata": .object(metadata), "spec": spec])
    }
    let pods = [
      pod("web-2", ["hostPID": true], controller: "w"), pod("web-1", ["hostPID": true], controller: "w"),
      pod("web-3", ["hostPID": true], controller: "w"), pod("good", [:]),
      pod("path", ["volumes": [["name": "v", "hostPath": [:]]]]),
    ]
    let standard = PodSecurityStandard(level: .baseline)
    #expect(
      PodSecurity.warnings(of: pods, namespace: "n", standard) == [
        #"existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest""#,
        "path: hostPath volumes", "web-1 (and 2 other pods): host namespaces",
      ])
    #expect(PodSecurity.warnings(of: [pods[3]], namespace: "n", standard).isEmpty)
  }
}
