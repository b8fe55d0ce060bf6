import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct OtherValidationTests {
  private func problem(_ apiVersion: String, _ kind: String, _ body: String, namespaced: Bool = true) throws -> [String]
  {
    let namespace = namespaced ? #","namespace":"n""# : ""
    return try problems(
      #"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"x"\#(namespace)},\#(body)}"#)
  }

  @Test func configMaps() throws {
    #expect(try problem("v1", "ConfigMap", #""data":{"a.b":"c"},"binaryData":{"d":"AA=="}"#) == [])
    let found = try problem("v1", "ConfigMap", #""data":{"a/b":"","d":"x"},"binaryData":{"d":"AA=="}"#)
    #expect(found.contains { $0.hasPrefix(#"data[a/b]: Invalid value: "a/b": a valid config key must consist of"#) })
    #expect(found.contains(#"data[d]: Invalid value: "d": duplicate of key present in binaryData"#))
  }

  @Test func sealedOnesStayAsTheyAre() throws {
    func map(_ body: String) -> String {
      #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c","namespace":"n"},\#(body)}"#
    }
    let before = map(#""immutable":true,"data":{"a":"b"}"#)
    #expect(
      try problems(of: map(#""immutable":true,"data":{"a":"c"}"#), after: before)
        == ["data: Forbidden: field is immutable when `immutable` is set"])
    #expect(
      try problems(of: map(#""data":{"a":"b"}"#), after: before)
        == ["immutable: Forbidden: field is immutable when `immutable` is set"])
  }

  @Test func secrets() throws {
    #expect(try problem("v1", "Secret", #""data":{"a":"YQ=="}"#) == [])
    #expect(
      try problem("v1", "Secret", #""type":"kubernetes.io/tls","data":{"tls.key":"YQ=="}"#)
        == ["data[tls.crt]: Required value"])
    #expect(
      try problem("v1", "Secret", #""type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"e30="}"#) == []
    )
    #expect(
      try problem("v1", "Secret", #""type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"YQ=="}"#).count
        == 1)
    #expect(
      try problem("v1", "Secret", #""type":"kubernetes.io/service-account-token""#)
        == ["metadata.annotations[kubernetes.io/service-account.name]: Required value"])
    let large = String(repeating: "A", count: 1_400_000)
    #expect(
      try problem("v1", "Secret", #""data":{"a":"\#(large)"}"#)
        == ["data: Too long: may not be more than 1048576 bytes"])
  }

  @Test func roles() throws {
    #expect(
      try problem(
        "rbac.authorization.k8s.io/v1", "Role", #""rules":[{"verbs":["get"],"apiGroups":[""],"resources":["pods"]}]"#)
        == [])
    #expect(
      try problem("rbac.authorization.k8s.io/v1", "Role", #""rules":[{"verbs":["get"],"nonResourceURLs":["/x"]}]"#)
        == [#"rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs"#])
    #expect(
      try problem("rbac.authorization.k8s.io/v1", "ClusterRole", #""rules":[{"verbs":["get"]}]"#, namespaced: false)
        == [
          "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
          "rules[0].resources: Required value: resource rules must supply at least one resource",
        ])
    #expect(
      try problem(
        "rbac.authorization.k8s.io/v1", "ClusterRoleBinding",
        #""roleRef":{"kind":"Role","name":"r"},"subjects":[{"kind":"ServiceAccount","name":"s"}]"#, namespaced: false)
        == [
          #"roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole""#,
          "subjects[0].namespace: Required value",
        ])
    func binding(_ role: String) -> String {
      #"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"b","namespace":"n"},"roleRef":{"kind":"Role","name":"\#(role)"}}"#
    }
    #expect(
      try problems(of: binding("b"), after: binding("a"))
        == [
          #"roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}: cannot change roleRef"#
        ])
  }

  @Test func claims() throws {
    #expect(
      try problem(
        "v1", "PersistentVolumeClaim",
        #""spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}"#)
        == [])
    #expect(
      try problem("v1", "PersistentVolumeClaim", #""spec":{"accessModes":["Any"]}"#)
        == [
          #"spec.accessModes: Unsupported value: "Any": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod""#,
          "spec.resources[storage]: Required value",
        ])
    func claim(_ size: String, _ status: String = "") -> String {
      #"{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"c","namespace":"n"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"\#(size)"}}},"status":{"phase":"Bound","capacity":{"storage":"2Gi"}}}"#
    }
    #expect(try problems(of: claim("3Gi"), after: claim("2Gi")) == [])
    #expect(
      try problems(of: claim("1Gi"), after: claim("2Gi"))
        == ["spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"])
  }

  @Test func quotasAndLimits() throws {
    #expect(
      try problem("v1", "ResourceQuota", #""spec":{"hard":{"pods":"5","requests.cpu":"500m","count/jobs.batch":"1"}}"#)
        == [])
    #expect(
      try problem("v1", "ResourceQuota", #""spec":{"hard":{"gpu":"5"}}"#)
        == [
          #"spec.hard[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified"#,
          #"spec.hard[gpu]: Invalid value: "gpu": must be a standard resource for quota"#,
        ])
    #expect(
      try problem("v1", "LimitRange", #""spec":{"limits":[{"type":"Container","min":{"cpu":"2"},"max":{"cpu":"1"}}]}"#)
        .contains(#"spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1"#))
  }

  @Test func definitions() throws {
    func definition(_ spec: String) -> String {
      #"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"crontabs.example.com"},"spec":{"group":"example.com","scope":"Namespaced","names":{"plural":"crontabs","kind":"CronTab"},\#(spec)}}"#
    }
    let schema = #""schema":{"openAPIV3Schema":{"type":"object"}}"#
    #expect(try problems(definition(#""versions":[{"name":"v1","served":true,"storage":true,\#(schema)}]"#)) == [])
    let found = try problems(definition(#""versions":[{"name":"v1","served":true,"storage":false}]"#))
    #expect(found.first == "spec.versions[0].schema.openAPIV3Schema: Required value")
    #expect(found.count == 3 && found[1].hasPrefix("spec.versions: Invalid value: [{"))
    #expect(found[1].contains(#""Name":"v1""#) && found[1].contains(#""Storage":false"#))
    #expect(found[1].hasSuffix("must have exactly one version marked as storage version"))
    #expect(found[2] == "status.storedVersions: Invalid value: null: must have at least one stored version")
    #expect(
      try problems(
        definition(#""versions":[{"name":"v1","served":true,"storage":true,\#(schema)}]"#).replacing(
          "crontabs.example", with: "x.example")
      ) == [#"metadata.name: Invalid value: "x.example.com": must be spec.names.plural+"."+spec.group"#])
  }

  @Test func webhooks() throws {
    let found = try problem(
      "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
      #""webhooks":[{"name":"a.b","clientConfig":{"url":"http://x"},"sideEffects":"Some","admissionReviewVersions":["v2"],"timeoutSeconds":31,"rules":[{"operations":["CREATE","*"],"apiGroups":[""],"apiVersions":["v1"],"resources":["pods"]}]}]"#,
      namespaced: false)
    #expect(
      found == [
        #"webhooks[0].name: Invalid value: "a.b": should be a domain with at least three segments separated by dots"#,
        #"webhooks[0].rules[0].operations: Invalid value: ["CREATE","*"]: if '*' is present, must not specify other operations"#,
        #"webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun""#,
        "webhooks[0].timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
        #"webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"#,
        #"webhooks[0].admissionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1"#,
      ])
  }

  @Test func theRest() throws {
    #expect(
      try problem("policy/v1", "PodDisruptionBudget", #""spec":{"minAvailable":1,"maxUnavailable":"50%"}"#)
        == [
          #"spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":"50%","UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set"#
        ])
    #expect(
      try problem("scheduling.k8s.io/v1", "PriorityClass", #""value":2000000000"#, namespaced: false)
        == ["value: Forbidden: maximum allowed value of a user defined priority is 1000000000"])
    #expect(
      try problem("coordination.k8s.io/v1", "Lease", #""spec":{"leaseDurationSeconds":0,"holderIdentity":"h"}"#)
        == ["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"])
    #expect(
      try problem(
        "storage.k8s.io/v1", "StorageClass", #""provisioner":"a.b/c","parameters":{"x":"y"}"#, namespaced: false)
        == [])
    #expect(
      try problem("authorization.k8s.io/v1", "SubjectAccessReview", #""spec":{}"#, namespaced: false)
        == [
          "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
          #"spec.user: Invalid value: "": at least one of user or group must be specified"#,
        ])
    #expect(
      try problem("node.k8s.io/v1", "RuntimeClass", #""handler":"a_b""#, namespaced: false).count == 1)
  }

  @Test func whatIsSentToSubresources() throws {
    #expect(
      try problem("autoscaling/v1", "Scale", #""spec":{"replicas":-1}"#)
        == ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"])
    #expect(
      try problem("v1", "Binding", #""target":{"kind":"Pod"}"#)
        == [
          #"target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>""#,
          "target.name: Required value",
        ])
    #expect(try problem("authentication.k8s.io/v1", "TokenRequest", #""spec":{"audiences":["a"]}"#) == [])
    #expect(
      try problem("authentication.k8s.io/v1", "TokenRequest", #""spec":{"audiences":["a"],"expirationSeconds":5}"#)
        == ["spec.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes"])
  }

  @Test func schemasHaveTheirSay() throws {
    #expect(
      try problem("storage.k8s.io/v1", "StorageClass", #""volumeBindingMode":"Later""#, namespaced: false)
        == [
          "provisioner: Required value",
          #"volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", "WaitForFirstConsumer""#,
        ])
    #expect(
      try problem("v1", "Pod", #""spec":{"containers":[{"image":"i"}],"restartPolicy":"Sometimes"}"#)
        == [
          "spec.containers[0].name: Required value",
          #"spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#,
        ])
    #expect(try problem("v1", "Pod", #""spec":{}"#) == ["spec.containers: Required value"])
  }

  @Test func whatWasWrongBeforeIsLetThrough() throws {
    func storageClass(_ more: String) -> String {
      #"{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"n","resourceVersion":"1"},"provisioner":"p","reclaimPolicy":"Delete","volumeBindingMode":"Later"\#(more)}"#
    }
    #expect(try problems(of: storageClass(#","allowVolumeExpansion":true"#), after: storageClass("")) == [])
    #expect(try problems(storageClass("")).count == 1)
    // Taints are judged anew with each write of a node.
    let node =
      #"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n","resourceVersion":"1"},"spec":{"taints":[{"key":"a","effect":"Never"}]}}"#
    #expect(try problems(of: node, after: node).count == 1)
  }

  @Test func limits() throws {
    func limits(_ item: String) -> String {
      #"{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"l","namespace":"n"},"spec":{"limits":[{\#(item)}]}}"#
    }
    #expect(
      try problems(
        limits(#""type":"Pod","min":{"cpu":"1"},"max":{"cpu":"3"},"maxLimitRequestRatio":{"cpu":"3500m"}"#))
        == [
          #"spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3500m": ratio 3500m is greater than max/min = 3.000000"#
        ])
    #expect(
      try problems(limits(#""type":"Pod","default":{"odd name":"1"},"max":{"cpu":"3"}"#))
        == ["spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'"])
  }
}
