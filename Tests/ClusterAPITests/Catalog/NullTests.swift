import APIMachinery
import Testing

@testable import ClusterAPI

/// Upstream's types hold some values as they are and write them even where nothing was said: a time or a list without a value
/// is null then.
@Suite struct NullTests {
  /// What marshalling the empty types of k8s.io/api v0.36 writes as null, but for values that nothing is stored without.
  private static let upstream: [String: Set<String>] = [
    "apiextensions.v1": [
      "CustomResourceDefinitionCondition.lastTransitionTime", "CustomResourceDefinitionStatus.conditions",
      // Nothing is stored without it, but what is refused is shown so.
      "CustomResourceDefinitionSpec.versions",
    ],
    "apiregistration.v1": [
      "APIServiceCondition.lastTransitionTime"
    ],
    "apps.v1": [
      "DaemonSetCondition.lastTransitionTime", "DaemonSetSpec.selector", "DeploymentCondition.lastTransitionTime",
      "DeploymentCondition.lastUpdateTime", "ReplicaSetCondition.lastTransitionTime",
      "StatefulSetCondition.lastTransitionTime",
    ],
    "authentication.v1": [
      "TokenRequestSpec.audiences", "TokenRequestSpec.boundObjectRef",
    ],
    "autoscaling.v2": [
      "HorizontalPodAutoscalerCondition.lastTransitionTime", "HorizontalPodAutoscalerStatus.currentMetrics",
    ],
    "batch.v1": [
      "JobCondition.lastProbeTime", "JobCondition.lastTransitionTime", "PodFailurePolicy.rules",
    ],
    "certificates.v1": [
      "CertificateSigningRequestCondition.lastTransitionTime", "CertificateSigningRequestCondition.lastUpdateTime",
    ],
    "core.v1": [
      "AzureFilePersistentVolumeSource.secretNamespace", "ContainerImage.names", "ContainerStateRunning.startedAt",
      "ContainerStateTerminated.finishedAt", "ContainerStateTerminated.startedAt", "Event.eventTime",
      "Event.firstTimestamp", "Event.lastTimestamp", "EventSeries.lastObservedTime", "LimitRangeSpec.limits",
      "NamespaceCondition.lastTransitionTime", "NodeAllocatableResourceClaimStatus.resources",
      "NodeCondition.lastHeartbeatTime", "NodeCondition.lastTransitionTime", "NodeSelector.nodeSelectorTerms",
      "PersistentVolumeClaimCondition.lastProbeTime", "PersistentVolumeClaimCondition.lastTransitionTime",
      "PodCondition.lastProbeTime", "PodCondition.lastTransitionTime",
      "PodExtendedResourceClaimStatus.requestMappings", "ProjectedVolumeSource.sources",
      "ReplicationControllerCondition.lastTransitionTime", "ScaleIOPersistentVolumeSource.secretRef",
      "ScaleIOVolumeSource.secretRef", "TypedLocalObjectReference.apiGroup", "TypedObjectReference.apiGroup",
    ],
    "discovery.v1": [
      "Endpoint.addresses", "EndpointSlice.endpoints", "EndpointSlice.ports",
    ],
    "events.v1": [
      "Event.deprecatedFirstTimestamp", "Event.deprecatedLastTimestamp", "Event.eventTime",
      "EventSeries.lastObservedTime",
    ],
    "flowcontrol.v1": [
      "FlowSchemaCondition.lastTransitionTime", "PriorityLevelConfigurationCondition.lastTransitionTime",
      "ResourcePolicyRule.namespaces",
    ],
    "meta.v1": [
      "Condition.lastTransitionTime"
    ],
    "rbac.v1": [
      "ClusterRole.rules", "Role.rules",
    ],
    "resource.v1": [
      "AllocatedDeviceStatus.conditions", "CapacityRequestPolicy.default", "DeviceClaim.requests",
    ],
    "storage.v1": [
      "CSINodeDriver.topologyKeys", "CSINodeSpec.drivers", "VolumeError.time",
    ],
  ]

  @Test func fieldsThatAreNullAreThoseOfUpstream() throws {
    for (data, file) in zip(try KindDataTexts.read(), KindDataTexts.names) {
      let marked = data.types.flatMap { type in type.fields.filter(\.isNull).map { "\(type.name).\($0.name)" } }
      #expect(Set(marked) == Self.upstream[String(file.dropLast(".api".count))] ?? [], "\(file)")
    }
  }

  @Test func eventsTellTheirTimesAlways() throws {
    let event = try complete(
      #"{"apiVersion":"v1","kind":"Event","metadata":{"name":"e"},"involvedObject":{},"series":{"count":2},"eventTime":null}"#
    )
    for name in ["eventTime", "firstTimestamp", "lastTimestamp"] { #expect(event[name] == .null, "\(name)") }
    #expect(event["series"] == ["count": 2, "lastObservedTime": .null])
    let other = try #require(
      builtin.convert(event, to: GroupVersionKind(group: "events.k8s.io", version: "v1", kind: "Event")))
    for name in ["eventTime", "deprecatedFirstTimestamp", "deprecatedLastTimestamp"] {
      #expect(other[name] == .null, "\(name)")
    }
  }

  @Test(arguments: [#""0001-01-01T00:00:00Z""#, "null"])
  func aTimeThatGoDoesNotKnowIsNull(time: String) throws {
    let pod = try complete(
      #"{"apiVersion":"v1","kind":"Pod","status":{"conditions":[{"type":"Ready","lastProbeTime":\#(time)}]}}"#)
    #expect(
      pod["status"]?["conditions"] == [
        ["type": "Ready", "status": "", "lastProbeTime": .null, "lastTransitionTime": .null]
      ])
  }

  @Test(arguments: ["", #","rules":[]"#, #","rules":null"#])
  func listsThatAreNotLeftOutAreNull(rules: String) throws {
    let role = try complete(
      #"{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"r","namespace":"n"}\#(rules)}"#)
    #expect(role.objectValue?["rules"] == .null)
    #expect(builtin.validate(role, old: nil, kind: try #require(kindOf(role))).isEmpty)
  }

  @Test func whatIsPublishedAsRequiredMayBeNull() throws {
    #expect(
      try problems(#"{"apiVersion":"v1","kind":"LimitRange","metadata":{"name":"l","namespace":"n"},"spec":{}}"#) == [])
    #expect(
      try problems(#"{"apiVersion":"storage.k8s.io/v1","kind":"CSINode","metadata":{"name":"n"},"spec":{}}"#) == [])
  }

  @Test func aTimeThatMustBeThereIsMissedOnce() throws {
    #expect(
      try problems(
        #"{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e","namespace":"n"},"regarding":{"namespace":"n"},"reportingController":"a.b/c","reportingInstance":"i","action":"a","reason":"r","type":"Normal"}"#
      ) == ["eventTime: Required value"])
  }

  @Test func whatWasStoredWithoutNullsIsTheSame() throws {
    let stored = try object(
      #"{"spec":{"volumes":[{"name":"v","projected":{}}]},"status":{"conditions":[{"type":"Ready"}]}}"#)
    var object = try #require(stored.objectValue)
    builtin.addNulls(to: &object, definition: "io.k8s.api.core.v1.Pod")
    let pod = JSONValue.object(object)
    #expect(pod["spec"]?["volumes"] == [["name": "v", "projected": ["sources": .null]]])
    #expect(pod["status"]?["conditions"] == [["type": "Ready", "lastProbeTime": .null, "lastTransitionTime": .null]])
    var node: JSONObject = ["spec": ["drivers": []]]
    builtin.addNulls(to: &node, definition: "io.k8s.api.storage.v1.CSINode")
    #expect(node == ["spec": ["drivers": .null]])
    var other: JSONObject = ["data": ["a": "b"]]
    builtin.addNulls(to: &other, definition: "io.k8s.api.core.v1.ConfigMap")
    #expect(other == ["data": ["a": "b"]])
  }

  @Test func anAutoscalerOfTheOldVersionHasNoMetricsYet() throws {
    let autoscaler = try complete(
      #"{"apiVersion":"autoscaling/v1","kind":"HorizontalPodAutoscaler","metadata":{"name":"h"},"spec":{"maxReplicas":3}}"#
    )
    let stored = try #require(
      builtin.convert(
        autoscaler, to: GroupVersionKind(group: "autoscaling", version: "v2", kind: "HorizontalPodAutoscaler")))
    #expect(stored["status"]?.objectValue?["currentMetrics"] == .null)
  }

  /// They are there from the start, and nobody's.
  @Test func nullsAreNobodys() {
    #expect(builtin.emptyObject(definition: "io.k8s.api.rbac.v1.Role") == ["rules": .null, "metadata": [:]])
  }
}
