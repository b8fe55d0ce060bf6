import APIMachinery
import Testing

@testable import ClusterAPI

/// What may become of a pod that exists, and what its annotations may say.
@Suite struct PodChangeTests {
  private func pod(_ spec: String = "", notes: String = "") -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","annotations":{\#(notes)}},"spec":{"serviceAccountName":"s","containers":[{"name":"c","image":"i"}]\#(spec.isEmpty ? "" : ",")\#(spec)}}"#
  }

  private static let mirror = #""kubernetes.io/config.mirror":"x""#
  private static let armor = "container.apparmor.security.beta.kubernetes.io/c"

  @Test(
    arguments: [
      (
        mirror, "",
        [
          "metadata.annotations[kubernetes.io/config.mirror]: Invalid value: \"x\": must set spec.nodeName if mirror pod annotation is set"
        ]
      ),
      (mirror, #""nodeName":"n""#, []),
      (#""controller.kubernetes.io/pod-deletion-cost":"-5""#, "", []),
      (
        #""controller.kubernetes.io/pod-deletion-cost":"+5""#, "",
        [
          #"metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+5": must be a 32bit integer"#
        ]
      ),
      (
        #""seccomp.security.alpha.kubernetes.io/pod":"odd""#, "",
        [
          #"metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "odd": must be a valid seccomp profile"#
        ]
      ),
      (
        #""\#(armor)x":"odd""#, "",
        [
          #"metadata.annotations[\#(armor)x]: Invalid value: "cx": container not found"#,
          #"metadata.annotations[\#(armor)x]: Invalid value: "odd": invalid AppArmor profile name: "odd""#,
        ]
      ),
      (
        #""\#(armor)":"unconfined""#, #""securityContext":{"appArmorProfile":{"type":"RuntimeDefault"}}"#,
        [
          "spec.containers[0].securityContext.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match"
        ]
      ),
      (
        #""seccomp.security.alpha.kubernetes.io/pod":"localhost/a""#,
        #""securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"b"}}"#,
        [
          "spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match"
        ]
      ),
    ] as [(String, String, [String])])
  func annotations(notes: String, spec: String, expected: [String]) throws {
    #expect(try problems(pod(spec, notes: notes)) == expected)
  }

  @Test func someAnnotationsStay() throws {
    let node = #""nodeName":"n""#
    #expect(
      try problems(of: pod(node), after: pod(node, notes: Self.mirror)) == [
        "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not remove or update mirror pod annotation"
      ])
    #expect(
      try problems(of: pod(node, notes: Self.mirror), after: pod(node)) == [
        "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: may not add mirror pod annotation"
      ])
    #expect(
      try problems(of: pod(notes: #""\#(Self.armor)":"unconfined""#), after: pod()) == [
        "metadata.annotations[\(Self.armor)]: Forbidden: may not add AppArmor annotations"
      ])
  }

  // MARK: - Pods that are not to be scheduled yet

  private static let gate = #""schedulingGates":[{"name":"a"}]"#
  private static func nodes(_ terms: String) -> String {
    #""affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[\#(terms)]}}}"#
  }
  private static func term(_ keys: String...) -> String {
    let list = keys.map { #"{"key":"\#($0)","operator":"Exists"}"# }.joined(separator: ",")
    return #"{"matchExpressions":[\#(list)]}"#
  }
  /// The same, as a message shows it.
  private static func shown(_ keys: String...) -> String {
    let list = keys.map { #"{"Key":"\#($0)","Operator":"Exists","Values":null}"# }.joined(separator: ",")
    return #"{"MatchExpressions":[\#(list)],"MatchFields":null}"#
  }
  private static let terms =
    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"

  @Test(
    arguments: [
      (#""nodeSelector":{"a":"b"}"#, #""nodeSelector":{"a":"b","c":"d"}"#, nil),
      (
        #""nodeSelector":{"a":"b"}"#, #""nodeSelector":{"c":"d"}"#,
        #"spec.nodeSelector: Invalid value: {"c":"d"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)"#
      ),
      ("", nodes(term("a")), nil), (nodes(term("a")), nodes(term("a", "b")), nil),
      (
        nodes(term("a")), nodes(term("b", "a")),
        #"\#(terms)[0]: Invalid value: \#(shown("b", "a")): only additions are allowed (no mutations or deletions)"#
      ),
      (
        nodes(term("a")), nodes(term("a") + "," + term("b")),
        #"\#(terms): Invalid value: [\#(shown("a")),\#(shown("b"))]: no additions/deletions to non-empty NodeSelectorTerms list are allowed"#
      ),
    ] as [(String, String, String?)])
  func constraintsBecomeNarrower(before: String, after: String, problem: String?) throws {
    func gated(_ spec: String) -> String { pod(Self.gate + (spec.isEmpty ? "" : ",") + spec) }
    #expect(try problems(of: gated(after), after: gated(before)) == (problem.map { [$0] } ?? []))
  }

  @Test func gatesAreOnlyTakenAway() throws {
    #expect(try problems(of: pod(), after: pod(Self.gate)) == [])
    #expect(
      try problems(of: pod(#""schedulingGates":[{"name":"a"},{"name":"b"}]"#), after: pod(Self.gate)) == [
        "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'"
      ])
    let found = try problems(
      of: pod(#""affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[]}}"#),
      after: pod(Self.gate))
    #expect(found.count == 1 && found[0].hasPrefix("spec: Forbidden: pod updates may not change fields other than"))
  }

  @Test func tolerationsAreJudgedWhereTheyStand() throws {
    let first = #"{"key":"a","operator":"Exists"}"#
    #expect(
      try problems(
        of: pod(#""tolerations":[\#(first),{"key":"b","operator":"Exists","value":"x"}]"#),
        after: pod(#""tolerations":[\#(first)]"#)) == [
          #"spec.tolerations[1].operator: Invalid value: "x": value must be empty when `operator` is 'Exists'"#
        ])
  }

  // MARK: - Parts

  private func part(_ name: String, _ new: String, after old: String) throws -> [String] {
    var new = try complete(new)
    new.edit("metadata") { $0.setDefault("resourceVersion", "1") }
    let old = try complete(old)
    return builtin.validate(new, old: old, kind: try #require(kindOf(new)), subresource: name).map(\.description)
  }

  @Test func ephemeralContainersStay() throws {
    func debugged(_ image: String) -> String {
      pod(#""ephemeralContainers":[{"name":"d","image":"\#(image)"}]"#)
    }
    #expect(try part("ephemeralcontainers", debugged("i"), after: pod()) == [])
    #expect(
      try part("ephemeralcontainers", debugged("j"), after: debugged("i")) == [
        """
        spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be changed
        @@ -1,6 +1,6 @@
         {
          "Name": "d",
        - "Image": "i",
        + "Image": "j",
          "Command": null,
          "Args": null,
          "WorkingDir": "",

        """
      ])
    #expect(
      try part("ephemeralcontainers", debugged(" i"), after: pod()) == [
        #"spec.ephemeralContainers[0].image: Invalid value: " i": must not have leading or trailing whitespace"#
      ])
    let still = pod(#""nodeName":"n""#, notes: Self.mirror)
    #expect(
      try part("ephemeralcontainers", still, after: still).first?
        .hasSuffix("Forbidden: static pods do not support ephemeral containers") == true)
  }

  private func status(_ new: String, after old: String = "", claims: String = "") throws -> [String] {
    func object(_ status: String) -> String {
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","resourceVersion":"1"},"spec":{"restartPolicy":"Always","resourceClaims":[\#(claims)]},"status":{\#(status)}}"#
    }
    return try part("status", object(new), after: object(old))
  }

  @Test func statusOfPods() throws {
    #expect(
      try status(
        #""qosClass":"BestEffort","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}]"#, after: #""qosClass":"BestEffort""#)
        == [])
    #expect(
      try status(#""qosClass":"Burstable""#, after: #""qosClass":"BestEffort""#)
        == [#"status.qosClass: Invalid value: "Burstable": field is immutable"#])
    #expect(
      try status(#""conditions":[{"type":"a b","status":"True"}]"#).first?
        .hasPrefix(#"status.conditions[0].Type: Invalid value: "a b": name part must consist of"#) == true)
    let same = #"{"ip":"10.0.0.1"}"#
    #expect(
      try status(#""podIPs":[\#(same),\#(same)]"#) == [
        #"status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family"#
      ])
    #expect(
      try status(#""hostIP":"10.0.0.2","hostIPs":[\#(same)]"#)
        == [#"status.hostIPs[0].ip: Invalid value: "10.0.0.1": must be equal to `hostIP`"#])
    #expect(
      try status(#""resourceClaimStatuses":[{"name":"a"}]"#) == [
        #"status.resourceClaimStatuses[0].name: Invalid value: "a": must match the name of an entry in `spec.resourceClaims`"#
      ])
    #expect(
      try status(#""resourceClaimStatuses":[{"name":"a"}]"#, claims: #"{"name":"a","resourceClaimName":"b"}"#) == [])
    let ended = #""ephemeralContainerStatuses":[{"name":"e","state":{"terminated":{"exitCode":1}}}]"#
    #expect(
      try status(#""ephemeralContainerStatuses":[{"name":"e","state":{"running":{}}}]"#, after: ended) == [
        "status.ephemeralContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
      ])
  }
}
