import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct PodValidationTests {
  private func pod(_ spec: String) -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},"spec":\#(spec)}"#
  }

  /// A pod with one container that has some more fields.
  private func container(_ more: String, spec: String = "") -> String {
    pod(
      #"{"containers":[{"name":"c","image":"i"\#(more.isEmpty ? "" : ",")\#(more)}]\#(spec.isEmpty ? "" : ",")\#(spec)}"#
    )
  }

  @Test func aPlainPodIsRight() throws {
    #expect(try problems(container("")) == [])
    #expect(
      try problems(
        container(
          #""ports":[{"name":"web","containerPort":80,"hostPort":8080}],"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['a/b']"}}}],"volumeMounts":[{"name":"v","mountPath":"/v"}],"livenessProbe":{"exec":{"command":["x"]}},"resources":{"limits":{"cpu":"1","example.com/gpu":"1"},"requests":{"example.com/gpu":"1"}}"#,
          spec: #""volumes":[{"name":"v"}],"tolerations":[{"operator":"Exists"}]"#)) == [])
  }

  @Test(arguments: [
    (
      #""ports":[{"containerPort":70000}]"#,
      "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
    ),
    (
      #""ports":[{"name":"a","containerPort":1},{"name":"a","containerPort":2}]"#,
      #"spec.containers[0].ports[1].name: Duplicate value: "a""#
    ),
    (
      #""ports":[{"containerPort":1,"hostPort":5},{"containerPort":2,"hostPort":5}]"#,
      #"spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//5""#
    ),
    (
      #""ports":[{"name":"toolongportname1","containerPort":1}]"#,
      #"spec.containers[0].ports[0].name: Invalid value: "toolongportname1": must be no more than 15 characters"#
    ),
    (
      #""env":[{"name":"A=B"}]"#,
      #"spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='"#
    ),
    (
      #""env":[{"name":"A","value":"x","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]"#,
      #"spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty"#
    ),
    (
      #""envFrom":[{}]"#,
      #"spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`"#
    ),
    (#""volumeMounts":[{"name":"x","mountPath":"/x"}]"#, #"spec.containers[0].volumeMounts[0].name: Not found: "x""#),
    (#""livenessProbe":{}"#, "spec.containers[0].livenessProbe: Required value: must specify a handler type"),
    (
      #""livenessProbe":{"exec":{"command":["a"]},"successThreshold":2}"#,
      "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"
    ),
    (
      #""readinessProbe":{"exec":{"command":["a"]},"periodSeconds":-1}"#,
      "spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"
    ),
    (
      #""readinessProbe":{"tcpSocket":{"port":0}}"#,
      "spec.containers[0].readinessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive"
    ),
    (
      #""resources":{"limits":{"cpu":"1"},"requests":{"cpu":"2"}}"#,
      #"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#
    ),
    (
      #""resources":{"limits":{"gpu":"1"}}"#,
      #"spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified"#
    ),
    (
      #""resources":{"requests":{"example.com/x":"1"}}"#,
      "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources"
    ),
    (
      #""resources":{"limits":{"cpu":"-1"}}"#,
      #"spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0"#
    ),
    (
      #""securityContext":{"runAsUser":-1}"#,
      "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"
    ),
    (
      #""lifecycle":{"preStop":{}}"#,
      "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type"
    ),
  ])
  func containers(more: String, problem: String) throws {
    #expect(try problems(container(more)).first == problem)
  }

  @Test(arguments: [
    (
      #"{"containers":[{"name":"A","image":"i"}]}"#,
      #"spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"#
    ),
    (
      #"{"containers":[{"name":"a","image":"i"},{"name":"a","image":"i"}]}"#,
      #"spec.containers[1].name: Duplicate value: "a""#
    ),
    (#"{"containers":[{"name":"a"}]}"#, "spec.containers[0].image: Required value"),
    (
      #"{"containers":[{"name":"a","image":" i"}]}"#,
      #"spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace"#
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"initContainers":[{"name":"b","image":"i","readinessProbe":{"exec":{"command":["x"]}}}]}"#,
      "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"volumes":[{"name":"v","emptyDir":{},"hostPath":{"path":"/"}}]}"#,
      "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"volumes":[{"name":"v","hostPath":{"path":"/a/../b"}}]}"#,
      #"spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'"#
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"volumes":[{"name":"v"},{"name":"v"}]}"#,
      #"spec.volumes[1].name: Duplicate value: "v""#
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"volumes":[{"name":"v","configMap":{"name":"c","defaultMode":1000}}]}"#,
      "spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"activeDeadlineSeconds":0}"#,
      "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"dnsPolicy":"None"}"#,
      "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"hostPID":true,"shareProcessNamespace":true}"#,
      "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"tolerations":[{"key":"a","operator":"Exists","value":"b"}]}"#,
      #"spec.tolerations[0].operator: Invalid value: "b": value must be empty when `operator` is 'Exists'"#
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"topologySpreadConstraints":[{"maxSkew":0,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule"}]}"#,
      "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"schedulingGates":[{"name":"g"}],"nodeName":"n"}"#,
      "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"hostAliases":[{"ip":"999.1.1.1"}]}"#,
      #"spec.hostAliases[0].ip: Invalid value: "999.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"ephemeralContainers":[{"name":"e","image":"i"}]}"#,
      "spec.ephemeralContainers: Forbidden: cannot be set on create"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"securityContext":{"seccompProfile":{"type":"Localhost"}}}"#,
      "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"
    ),
    (
      #"{"containers":[{"name":"a","image":"i"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[]}}}}"#,
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term"
    ),
  ])
  func pods(spec: String, problem: String) throws {
    #expect(try problems(pod(spec)).contains(problem))
  }

  @Test func metadata() throws {
    let long = String(repeating: "a", count: 254)
    #expect(
      try problems(#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"\#(long)"},"spec":{}}"#).prefix(2)
        == [
          "metadata.name: Invalid value: \"\(long)\": must be no more than 253 characters",
          "metadata.namespace: Required value",
        ])
    #expect(
      try problems(#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","namespace":"x"}}"#)
        == ["metadata.namespace: Forbidden: not allowed on this type"])
  }

  // MARK: - Changes

  private let before =
    #"{"containers":[{"name":"c","image":"i:1"}],"tolerations":[{"key":"a","operator":"Exists"}],"activeDeadlineSeconds":10}"#

  @Test func theImageMayChange() throws {
    #expect(
      try problems(
        of: pod(before.replacing("i:1", with: "i:2").replacing("Seconds\":10", with: "Seconds\":5")), after: pod(before)
      )
        == [])
  }

  @Test(arguments: [
    (
      #"{"containers":[{"name":"c","image":"i:1","tty":true}],"tolerations":[{"key":"a","operator":"Exists"}],"activeDeadlineSeconds":10}"#,
      "spec: Forbidden: pod updates may not change fields other than"
    ),
    (
      #"{"containers":[{"name":"c","image":"i:1"}],"activeDeadlineSeconds":10}"#,
      "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
    ),
    (
      #"{"containers":[{"name":"c","image":"i:1"}],"tolerations":[{"key":"a","operator":"Exists"}]}"#,
      "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value"
    ),
    (
      #"{"containers":[{"name":"c","image":"i:1"},{"name":"d","image":"i"}],"tolerations":[{"key":"a","operator":"Exists"}],"activeDeadlineSeconds":10}"#,
      "spec.containers: Forbidden: pod updates may not add or remove containers"
    ),
    (
      #"{"containers":[{"name":"c","image":"i:1"}],"tolerations":[{"key":"a","operator":"Exists"}],"activeDeadlineSeconds":11}"#,
      "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value"
    ),
  ])
  func whatMayNotChange(after: String, problem: String) throws {
    let found = try problems(of: pod(after), after: pod(before))
    #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
  }

  @Test func aNameCannotChange() throws {
    let other = pod(before).replacing(#""name":"p""#, with: #""name":"q""#)
    #expect(
      try problems(of: other, after: pod(before))
        == ["metadata.name: Invalid value: \"q\": field is immutable"])
  }
}
