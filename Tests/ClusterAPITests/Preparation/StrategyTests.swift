import APIMachinery
import Testing

@testable import ClusterAPI

/// What becomes of objects before they are judged, kind by kind.
@Suite struct StrategyTests {
  private func created(_ json: String) throws -> JSONValue {
    var value = try complete(json)
    builtin.prepareForCreate(&value, kind: try #require(kindOf(value)))
    return value
  }

  private func updated(_ value: JSONValue, _ old: JSONValue, subresource: String = "") throws -> JSONValue {
    var value = value
    let kind = try #require(kindOf(value))
    builtin.complete(&value, kind: kind)
    builtin.prepareForUpdate(&value, old: old, kind: kind, subresource: subresource)
    return value
  }

  @Test func aGatedPodSaysSo() throws {
    var pod = try created(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"schedulingGates":[{"name":"a"}],"containers":[{"name":"c","image":"i"}]}}"#
    )
    PodPreparation.settle(&pod)
    #expect(pod["status"]?["phase"] == "Pending" && pod["status"]?["qosClass"] == "BestEffort")
    var condition = try #require(pod["status"]?.items("conditions").first)
    #expect(condition.text("lastTransitionTime").time != nil)
    condition.editObject { _ = $0.remove("lastTransitionTime") }
    #expect(
      condition == [
        "type": "PodScheduled", "status": "False", "reason": "SchedulingGated",
        "message": "Scheduling is blocked due to non-empty scheduling gates", "lastProbeTime": .null,
      ])
  }

  @Test func labelsOfThePodGoIntoItsSelectors() throws {
    func pod(_ spec: String) -> String {
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"c","image":"i"}],\#(spec)}}"#
    }
    let term =
      #"{"topologyKey":"zone","labelSelector":{"matchLabels":{"x":"y"}},"matchLabelKeys":["a","none"],"mismatchLabelKeys":["b"]}"#
    let spread =
      #"{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{},"matchLabelKeys":["a"]}"#
    var prepared = try created(
      pod(
        #""affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[\#(term)]}},"topologySpreadConstraints":[\#(spread)]"#
      ))
    PodPreparation.settle(&prepared)
    func requirements(_ pod: JSONValue) -> [JSONValue] {
      let terms = pod["spec"]?["affinity"]?["podAntiAffinity"]?.items("requiredDuringSchedulingIgnoredDuringExecution")
      return (terms?.first?["labelSelector"]?.items("matchExpressions") ?? [])
        + (pod["spec"]?.items("topologySpreadConstraints").first?["labelSelector"]?.items("matchExpressions") ?? [])
    }
    let expected: [JSONValue] = [
      ["key": "a", "operator": "In", "values": ["1"]], ["key": "b", "operator": "NotIn", "values": ["2"]],
      ["key": "a", "operator": "In", "values": ["1"]],
    ]
    #expect(requirements(prepared) == expected)
    let kind = try #require(kindOf(prepared))
    #expect(builtin.validate(prepared, old: nil, kind: kind) == [])
    // Without a selector nothing is chosen.
    let without = try created(
      pod(
        #""topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"z","whenUnsatisfiable":"DoNotSchedule","matchLabelKeys":["a"]}]"#
      ))
    #expect(
      builtin.validate(without, old: nil, kind: kind).map(\.description) == [
        "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set"
      ])
  }

  @Test func theStatusOfAPodKeepsWhatOldAgentsLeaveOut() throws {
    let before = try complete(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","ownerReferences":[{"apiVersion":"v1","kind":"K","name":"o","uid":"u"}]},"spec":{},"status":{"qosClass":"Burstable","observedGeneration":3,"conditions":[{"type":"Ready","status":"True","observedGeneration":2}]}}"#
    )
    let sent = try object(
      #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"}},"spec":{"nodeName":"x"},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"False"},{"type":"Other","status":"True","observedGeneration":7}]}}"#
    )
    let pod = try updated(sent, before, subresource: "status")
    #expect(pod["status"]?["qosClass"] == "Burstable" && pod["status"]?["observedGeneration"] == 3)
    #expect(pod["status"]?.items("conditions").map { $0["observedGeneration"] } == [2, 7])
    #expect(pod["metadata"]?["ownerReferences"] == before["metadata"]?["ownerReferences"])
    #expect(pod["metadata"]?["labels"] == ["a": "b"] && pod["spec"]?["nodeName"] == nil)
  }

  /// Which kinds count the changes of what is wanted.
  @Test(arguments: [
    ("v1", "ConfigMap", false), ("v1", "Pod", true), ("v1", "Service", false), ("v1", "ReplicationController", true),
    ("v1", "PodTemplate", true),
    ("apps/v1", "Deployment", true), ("apps/v1", "ControllerRevision", false), ("batch/v1", "CronJob", true),
    ("networking.k8s.io/v1", "Ingress", true), ("networking.k8s.io/v1", "ServiceCIDR", false),
    ("networking.k8s.io/v1", "IPAddress", false), ("policy/v1", "PodDisruptionBudget", true),
    ("autoscaling/v2", "HorizontalPodAutoscaler", false),
    ("storage.k8s.io/v1", "StorageClass", false), ("coordination.k8s.io/v1", "Lease", false),
    ("apiregistration.k8s.io/v1", "APIService", false), ("apiextensions.k8s.io/v1", "CustomResourceDefinition", true),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", true), ("resource.k8s.io/v1", "ResourceClaim", false),
  ])
  func generation(apiVersion: String, kind: String, isCounted: Bool) throws {
    let made = try created(#"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"x"},"spec":{}}"#)
    // That of a driver begins with its first change.
    #expect(made["metadata"]?["generation"] == (isCounted && kind != "CSIDriver" ? 1 : nil))
  }

  /// A driver's generation counts its changes alone.
  @Test func generationOfDrivers() throws {
    let made = try created(#"{"apiVersion":"storage.k8s.io/v1","kind":"CSIDriver","metadata":{"name":"x"},"spec":{}}"#)
    #expect(made["metadata"]?["generation"] == nil)
    var changed = made
    changed.edit("spec") { $0.editObject { $0["requiresRepublish"] = true } }
    #expect(try updated(changed, made)["metadata"]?["generation"] == 1)
  }

  /// Deployments hand annotations on to their replica sets, others do not.
  @Test(arguments: [("Deployment", 2), ("ReplicaSet", 1), ("StatefulSet", 1), ("DaemonSet", 1)])
  func annotationsCountForDeployments(kind: String, generation: Int64) throws {
    let before = try created(#"{"apiVersion":"apps/v1","kind":"\#(kind)","metadata":{"name":"x"},"spec":{}}"#)
    var after = before
    after.edit("metadata") { $0.editObject { $0["annotations"] = ["a": "b"] } }
    #expect(try updated(after, before)["metadata"]?["generation"] == .integer(generation))
    after.edit("metadata") { $0.editObject { $0["labels"] = ["a": "b"] } }
    #expect(try updated(after, before)["metadata"]?["generation"] == .integer(generation))
    let type = try #require(kindOf(after))
    #expect(builtin.countsChange(of: before, to: after, kind: type) == (generation == 2))
    #expect(!builtin.countsChange(of: before, to: after, kind: type, subresource: "status"))
  }

  /// Where a pod runs is decided for it: only what was asked of it is counted.
  @Test(arguments: [("", true), ("resize", true), ("ephemeralcontainers", true), ("status", false), ("binding", false)])
  func whatCountsForPods(subresource: String, isCounted: Bool) throws {
    let before = try created(#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{}}"#)
    var after = before
    after.edit("spec") { $0.editObject { $0["nodeName"] = "n" } }
    let type = try #require(kindOf(after))
    #expect(builtin.countsChange(of: before, to: after, kind: type, subresource: subresource) == isCounted)
  }

  /// What clients say in the metadata goes with the status of most kinds, and not of some.
  @Test(arguments: [
    ("apps/v1", "Deployment", ["annotations", "finalizers", "ownerReferences"]),
    ("apps/v1", "ReplicaSet", ["annotations", "finalizers", "labels", "ownerReferences"]),
    ("batch/v1", "Job", ["annotations", "finalizers", "labels", "ownerReferences"]),
    ("v1", "Pod", ["annotations", "finalizers", "labels"]),
    ("v1", "Service", ["annotations", "finalizers", "labels", "ownerReferences"]),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", []), ("apiregistration.k8s.io/v1", "APIService", []),
    (
      "apiextensions.k8s.io/v1", "CustomResourceDefinition", ["annotations", "finalizers", "labels", "ownerReferences"]
    ), ("storage.k8s.io/v1", "VolumeAttachment", []), ("networking.k8s.io/v1", "ServiceCIDR", []),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", []),
  ])
  func metadataOfAStatus(apiVersion: String, kind: String, written: [String]) throws {
    let before = try complete(#"{"apiVersion":"\#(apiVersion)","kind":"\#(kind)","metadata":{"name":"x"}}"#)
    var sent = before
    sent.edit("metadata") { metadata in
      metadata.editObject { members in
        members["labels"] = ["a": "b"]
        members["annotations"] = ["a": "b"]
        members["finalizers"] = ["a.b/c"]
        members["ownerReferences"] = [["apiVersion": "v1", "kind": "K", "name": "o", "uid": "u"]]
      }
    }
    let after = try updated(sent, before, subresource: "status")
    let all = ["annotations", "finalizers", "labels", "ownerReferences"]
    #expect(all.filter { after["metadata"]?.has($0) == true } == written)
  }

  @Test func aDefinitionRemembersWhatItStores() throws {
    func definition(_ stored: String) -> String {
      #"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"a.b.c"},"spec":{"versions":[{"name":"v1","storage":\#(stored == "v1")},{"name":"v2","storage":\#(stored == "v2")}]}}"#
    }
    let first = try created(definition("v1"))
    #expect(first["status"]?["storedVersions"] == ["v1"])
    let second = try updated(try object(definition("v2")), first)
    #expect(second["status"]?["storedVersions"] == ["v1", "v2"])
    #expect(try updated(try object(definition("v1")), second)["status"]?["storedVersions"] == ["v1", "v2"])
  }

  @Test func aServiceThatIsServedHereIsAvailableAtOnce() throws {
    func service(_ spec: String) throws -> JSONValue? {
      try created(
        #"{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService","metadata":{"name":"v1.a"},"spec":{\#(spec)}}"#
      )["status"]?.items("conditions").first
    }
    let condition = try #require(try service(#""group":"a","version":"v1""#))
    #expect(
      condition.text("reason") == "Local" && condition.text("message") == "Local APIServices are always available")
    #expect(try service(#""service":{"namespace":"n","name":"s"}"#) == nil)
  }

  @Test func onlyFinalizeChangesWhatHoldsANamespace() throws {
    let before = try created(#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#)
    var sent = before
    sent.editObject { $0["spec"] = ["finalizers": []] }
    #expect(try updated(sent, before)["spec"] == ["finalizers": ["kubernetes"]])
    #expect(try updated(sent, before, subresource: "finalize")["spec"]?.items("finalizers") == [])
  }

  @Test func theTemplatesOfADaemonSetAreCounted() throws {
    func number(_ set: JSONValue) -> String? {
      set["metadata"]?["annotations"]?["deprecated.daemonset.template.generation"]?.stringValue
    }
    func set(_ image: String, _ more: String = "") -> String {
      #"{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"d"\#(more)},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"\#(image)"}]}}}}"#
    }
    let first = try created(set("one"))
    #expect(number(first) == "1")
    // Nobody has counted yet when defaults are filled in.
    #expect(number(try complete(set("one"))) == "0")
    let same = try updated(try object(set("one", #","annotations":{"x":"y"}"#)), first)
    #expect(number(same) == "1" && same["metadata"]?["annotations"]?["x"] == "y")
    let second = try updated(try object(set("two")), same)
    #expect(number(second) == "2")
    let given = #","annotations":{"deprecated.daemonset.template.generation":"7"}"#
    #expect(number(try created(set("one", given))) == "7")
    #expect(number(try updated(try object(set("two", given)), second)) == "2")
    #expect(number(try updated(try object(set("three")), second, subresource: "status")) == "2")
    // The largest number that a client can give is followed by another one, and ends nothing.
    let most = #","annotations":{"deprecated.daemonset.template.generation":"\#(Int64.max)"}"#
    let largest = try created(set("one", most))
    #expect(number(try updated(try object(set("two")), largest)) == String(Int64.min))
  }
}
