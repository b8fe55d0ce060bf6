import APIMachinery
import Testing

@testable import ClusterAPI

/// Rules of kinds of the smaller groups.
@Suite struct GroupRulesTests {
  private static func object(_ version: String, _ kind: String, _ rest: String, name: String = "a") -> String {
    #"{"apiVersion":"\#(version)","kind":"\#(kind)","metadata":{"name":"\#(name)"},\#(rest)}"#
  }

  private static func status(_ new: String, _ old: String) throws -> [String] {
    let value = try complete(new)
    return builtin.validate(
      value, old: try complete(old), kind: try #require(kindOf(value)), subresource: "status"
    ).map(\.description).filter { !$0.hasPrefix("metadata.resourceVersion") }
  }

  @Test func runtimeClasses() throws {
    func runtime(_ rest: String, name: String = "a") -> String {
      Self.object("node.k8s.io/v1", "RuntimeClass", rest, name: name)
    }
    #expect(try problems(runtime(#""handler":"h""#, name: "a.b")) == [])
    #expect(
      try problems(
        runtime(
          #""handler":"h","overhead":{"podFixed":{"cpu":"-1"}},"scheduling":{"tolerations":[{"operator":"Exists"},{"operator":"Exists"}]}"#
        )) == [
          #"overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0"#,
          #"scheduling.tolerations[1]: Duplicate value: {"Key":"","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}"#,
        ])
    #expect(
      try problems(of: runtime(#""handler":"H""#), after: runtime(#""handler":"h""#)) == [
        #"handler: Invalid value: "H": \#(NameRules.dns1123Label("H")[0])"#,
        #"handler: Invalid value: "H": field is immutable"#,
      ])
    #expect(
      try problems(
        of: runtime(#""handler":"h","scheduling":{"tolerations":[{"value":"a"}]}"#), after: runtime(#""handler":"h""#)
      ).count == 1)
  }

  @Test func servicesOfTheAPI() throws {
    func service(_ status: String = "{}", group: String = "", version: String = "v2") -> String {
      Self.object(
        "apiregistration.k8s.io/v1", "APIService",
        #""spec":{"group":"\#(group)","version":"\#(version)","groupPriorityMinimum":1,"versionPriority":1},"status":\#(status)"#,
        name: "\(version).\(group)")
    }
    #expect(
      try problems(service()) == [
        "spec.group: Required value: only v1 may have an empty group and it better be legacy kube"
      ])
    let whole = service(#"{"conditions":[{"type":"Available","status":"Maybe"}]}"#, group: "x.io")
    #expect(
      try Self.status(whole, service(group: "x.io")) == [
        #"status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown""#
      ])
  }

  @Test func attachments() throws {
    func attachment(_ source: String, _ status: String = "{}") -> String {
      Self.object(
        "storage.k8s.io/v1", "VolumeAttachment",
        #""spec":{"attacher":"d.io","nodeName":"n","source":{\#(source)}},"status":\#(status)"#)
    }
    let words = "may not be specified in the context of inline volumes"
    #expect(
      try problems(
        attachment(
          #""inlineVolumeSpec":{"capacity":{"storage":"1"},"claimRef":{"name":"c"},"accessModes":["ReadWriteOnce"]}"#)
      ) == [
        "spec.source.inlineVolumeSpec.claimRef: Forbidden: \(words)",
        "spec.source.inlineVolumeSpec.capacity: Forbidden: \(words)",
        "spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
      ])
    let volume = #""persistentVolumeName":"p""#
    let message = String(repeating: "m", count: 1025)
    #expect(
      try Self.status(
        attachment(volume, #"{"attached":false,"attachError":{"message":"\#(message)","errorCode":-1}}"#),
        attachment(volume)) == [
          "status.attachError.message: Too long: may not be more than 262144 bytes",
          "status.attachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        ])
  }

  @Test func classesOfAttributes() throws {
    func attributes(_ driver: String, _ value: String) -> String {
      Self.object(
        "storage.k8s.io/v1", "VolumeAttributesClass", #""driverName":"\#(driver)","parameters":{"a":"\#(value)"}"#)
    }
    #expect(
      try problems(of: attributes("e", "2"), after: attributes("d", "1")) == [
        "driverName: Forbidden: updates to driverName are forbidden.",
        "parameters: Forbidden: updates to parameters are forbidden.",
      ])
  }

  @Test func drivers() throws {
    #expect(
      try problems(
        Self.object(
          "storage.k8s.io/v1", "CSIDriver",
          #""spec":{"volumeLifecycleModes":["Persistent","Never"],"tokenRequests":[{"audience":"a"},{"audience":"a","expirationSeconds":1}]}"#
        )) == [
          #"spec.tokenRequests[1].audience: Duplicate value: "a""#,
          #"spec.volumeLifecycleModes: Unsupported value: "Never": supported values: "Persistent", "Ephemeral""#,
        ])
  }

  @Test func statusOfPolicies() throws {
    func policy(_ status: String) -> String {
      Self.object(
        "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy",
        #""spec":{"validations":[{"expression":"true"}]},"status":\#(status)"#)
    }
    let found = try Self.status(
      policy(
        #"{"typeChecking":{"expressionWarnings":[{"fieldRef":"spec.validations[0].expression","warning":"w"},{"fieldRef":"","warning":""}]},"conditions":[{"type":"A","status":"True","reason":"","message":"","lastTransitionTime":"2025-01-01T00:00:00Z"}]}"#
      ), policy("{}"))
    #expect(
      found == [
        "status.typeChecking.expressionWarnings[1].warning: Required value",
        "status.typeChecking.expressionWarnings[1].fieldRef: Required value",
        "status.conditions[0].reason: Required value",
      ])
  }

  /// What was decided about a request stays as it was said.
  @Test func decisionsAboutCertificates() throws {
    func request(_ reason: String) -> String {
      Self.object(
        "certificates.k8s.io/v1", "CertificateSigningRequest",
        #""spec":{"request":"","signerName":"x.io/y","usages":["any"]},"status":{"conditions":[{"type":"Approved","status":"True","reason":"\#(reason)"}]}"#
      )
    }
    let found = try Self.status(request("new"), request("old"))
    #expect(found.count == 1)
    #expect(
      found.first?.hasPrefix(
        #"status.conditions: Forbidden: updates may not modify a condition of type "Approved""#) == true)
    #expect(try Self.status(request("old"), request("old")) == [])
  }

  // MARK: - Definitions

  private static func definition(
    _ version: String, group: String = "x.io", annotations: String = "{}", versions: Int = 1
  ) -> String {
    let list = (1...versions).map { number in
      let more = number == 1 ? version : ""
      return
        #"{"name":"v\#(number)","served":true,"storage":\#(number == 1),"schema":{"openAPIV3Schema":{"type":"object"}}\#(more)}"#
    }
    return
      #"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"as.\#(group)","annotations":\#(annotations)},"spec":{"group":"\#(group)","scope":"Namespaced","names":{"plural":"as","singular":"a","kind":"A","listKind":"AList"},"versions":[\#(list.joined(separator: ","))]},"status":{"storedVersions":["v1"]}}"#
  }

  @Test(
    arguments: [
      (
        #","additionalPrinterColumns":[{"name":"","type":"","jsonPath":""},{"name":"a","type":"text","jsonPath":"spec"}]"#,
        1,
        [
          "spec.additionalPrinterColumns[0].name: Required value",
          "spec.additionalPrinterColumns[0].type: Required value: must be one of boolean,date,integer,number,string",
          "spec.additionalPrinterColumns[0].JSONPath: Required value",
          #"spec.additionalPrinterColumns[1].type: Invalid value: "text": must be one of boolean,date,integer,number,string"#,
          #"spec.additionalPrinterColumns[1].JSONPath: Invalid value: "spec": must be a simple json path starting with ."#,
        ]
      ),
      (
        #","subresources":{"scale":{"specReplicasPath":"spec.n","statusReplicasPath":".spec.n","labelSelectorPath":".x"}}"#,
        2,
        [
          #"spec.versions[0].subresources.scale.specReplicasPath: Invalid value: "spec.n": must be a simple json path starting with ."#,
          #"spec.versions[0].subresources.scale.statusReplicasPath: Invalid value: ".spec.n": should be a json path under .status"#,
          #"spec.versions[0].subresources.scale.labelSelectorPath: Invalid value: ".x": should be a json path under either .spec or .status"#,
        ]
      ),
      (
        #","deprecationWarning":"x""#, 1,
        [#"spec.versions[0].deprecationWarning: Invalid value: "x": can only be set for deprecated versions"#]
      ),
      (
        #","deprecated":true,"deprecationWarning":"é\u0007""#, 1,
        [
          #"spec.versions[0].deprecationWarning: Invalid value: "é\a": must only contain printable UTF-8 characters; non-printable character found at index 2"#
        ]
      ),
    ] as [(String, Int, [String])])
  func versionsOfDefinitions(version: String, count: Int, expected: [String]) throws {
    let found = try problems(Self.definition(version, versions: count))
    #expect(found.sorted() == expected.sorted())
  }

  private static let annotation = "metadata.annotations[api-approved.kubernetes.io]"
  private static let needed =
    #"protected groups must have approval annotation "api-approved.kubernetes.io""#
  private static let discussion = "see https://github.com/kubernetes/enhancements/pull/1111"

  @Test func approvals() throws {
    func definition(_ value: String?) -> String {
      Self.definition(
        "", group: "x.k8s.io",
        annotations: value.map { #"{"api-approved.kubernetes.io":"\#($0)"}"# } ?? "{}")
    }
    #expect(
      try problems(definition(nil)) == ["\(Self.annotation): Required value: \(Self.needed), \(Self.discussion)"])
    #expect(
      try problems(definition("yes")) == [
        #"\#(Self.annotation): Invalid value: "yes": \#(Self.needed) with either a URL or a reason starting with "unapproved", \#(Self.discussion)"#
      ])
    #expect(try problems(definition("unapproved, a test")) == [])
    #expect(try problems(definition("https://x.io/1")) == [])
    #expect(try problems(of: definition(nil), after: definition(nil)) == [])
    #expect(try problems(of: definition(nil), after: definition("https://x.io/1")).count == 1)
    #expect(GroupApproval.isNeeded(for: "kubernetes.io") && !GroupApproval.isNeeded(for: "notkubernetes.io"))
  }

  @Test func eventsAreNamedByTheirVersion() throws {
    let core =
      #""involvedObject":{"namespace":"default"},"message":"m","reason":"r","type":"Normal""#
    let named = #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"Foo_bar","namespace":"default"},\#(core)}"#
    #expect(try problems(named) == [])
    #expect(try problems(named.replacing("Foo_bar", with: "a%b")).count == 1)
    let newer = named.replacing(#""apiVersion":"v1""#, with: #""apiVersion":"events.k8s.io/v1""#)
    #expect(try problems(newer).contains { $0.hasPrefix(#"metadata.name: Invalid value: "Foo_bar""#) })
  }

  @Test(
    arguments: [
      ("system-x", "1", "", "system-x is not a known system priority class"),
      ("system-node-critical", "1", "", "value of system-node-critical PriorityClass must be 2000001000"),
      (
        "system-node-critical", "2000001000", #","globalDefault":true"#,
        "globalDefault of system-node-critical PriorityClass must be false"
      ),
      ("system-node-critical", "2000001000", "", ""),
    ])
  func systemPriorities(name: String, value: String, rest: String, problem: String) throws {
    let found = try problems(
      Self.object("scheduling.k8s.io/v1", "PriorityClass", #""value":\#(value)\#(rest)"#, name: name))
    let text =
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: "
    #expect(found == (problem.isEmpty ? [] : [text + problem]))
  }

  @Test func allThatIsWrongWithAPriority() throws {
    let found = try problems(
      Self.object(
        "scheduling.k8s.io/v1", "PriorityClass", #""value":1,"preemptionPolicy":"Often""#, name: "system-x"))
    #expect(found.count == 2)
    #expect(
      found.last
        == #"preemptionPolicy: Unsupported value: "Often": supported values: "PreemptLowerPriority", "Never""#)
  }

  @Test func rolesWithoutVerbs() throws {
    #expect(
      try problems(
        Self.object(
          "rbac.authorization.k8s.io/v1", "ClusterRole", #""rules":[{"apiGroups":[""],"resources":["pods"]}]"#)) == [
          "rules[0].verbs: Required value: verbs must contain at least one value"
        ])
    #expect(
      try problems(
        Self.object(
          "rbac.authorization.k8s.io/v1", "ClusterRoleBinding",
          #""roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"r"},"subjects":[{"kind":"Robot","name":"x"}]"#
        )) == [
          #"subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group""#
        ])
  }

  @Test func whatEventsAreAbout() throws {
    func event(_ rest: String, in namespace: String = "kube-system", version: String = "v1") -> String {
      #"{"apiVersion":"\#(version)","kind":"Event","metadata":{"name":"e","namespace":"\#(namespace)"},\#(rest)}"#
    }
    let mismatch = #"involvedObject.namespace: Invalid value: "": does not match event.namespace"#
    let other = #""involvedObject":{"namespace":"other"}"#
    #expect(try problems(event(#""involvedObject":{}"#)) == [mismatch])
    #expect(try problems(event(#""involvedObject":{}"#, in: "default")) == [])
    #expect(try problems(event(other)).count == 1)
    // Newer events may be about what is elsewhere.
    let new =
      #""eventTime":"2024-01-01T00:00:00.000000Z","reportingComponent":"r","reportingInstance":"i","action":"a","reason":"r""#
    #expect(try problems(event("\(other),\(new)")) == [])
    #expect(try problems(event(#""involvedObject":{},\#(new)"#)) == [])
    #expect(try problems(event(#""involvedObject":{},\#(new)"#, in: "x")) == [mismatch])

    let stricter = new.replacing("Component", with: "Controller") + #","regarding":{"namespace":"x"}"#
    let series = #""series":{"count":1}"#
    #expect(try problems(event(#"\#(stricter),"type":"Normal""#, version: "events.k8s.io/v1")) == [])
    let found = try problems(
      event(
        #"\#(stricter),\#(series),"type":"X","deprecatedCount":1,"deprecatedSource":{"host":"h"}"#,
        version: "events.k8s.io/v1"))
    #expect(
      found.sorted() == [
        #"count: Invalid value: "": needs to be unset"#, #"series.count: Invalid value: "": should be at least 2"#,
        "series.lastObservedTime: Required value", #"source: Invalid value: "": needs to be unset"#,
        #"type: Invalid value: "": has invalid value: X"#,
      ])
  }

  @Test func classesOfIngresses() throws {
    let found = try problems(
      #"{"apiVersion":"networking.k8s.io/v1","kind":"Ingress","metadata":{"name":"i","namespace":"x"},"spec":{"ingressClassName":"","rules":[{"host":"a.b"}]}}"#
    )
    #expect(found.count == 1 && found[0].hasPrefix(#"spec.ingressClassName: Invalid value: """#))
  }

  @Test func warningsOfOldLabels() throws {
    func warnings(_ text: String) throws -> [String] {
      let value = try complete(text)
      return builtin.warnings(of: value, old: nil, kind: try #require(kindOf(value)))
    }
    let old = "failure-domain.beta.kubernetes.io/zone"
    let word = #"deprecated since v1.17; use "topology.kubernetes.io/zone" instead"#
    #expect(
      try warnings(
        Self.object(
          "storage.k8s.io/v1", "StorageClass",
          #""provisioner":"p","allowedTopologies":[{"matchLabelExpressions":[{"key":"\#(old)","values":["a"]}]}]"#))
        == [
          "allowedTopologies[0].matchLabelExpressions[0].key: \(word)"
        ])
    #expect(
      try warnings(
        Self.object(
          "storage.k8s.io/v1", "CSIStorageCapacity",
          #""storageClassName":"s","nodeTopology":{"matchLabels":{"\#(old)":"a"},"matchExpressions":[{"key":"\#(old)","operator":"Exists"}]}"#
        )) == [
          "nodeTopology.matchExpressions[0].key: \(old) is \(word)", "nodeTopology.matchLabels.\(old): \(word)",
        ])
  }
}
