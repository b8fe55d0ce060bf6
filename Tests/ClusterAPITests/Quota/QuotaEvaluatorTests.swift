import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct QuotaEvaluatorTests {
  private func object(_ json: String) throws -> JSONObject {
    try #require(try JSONValue(json: Array(json.utf8)).objectValue)
  }

  private func usage(_ resource: String, group: String = "", _ json: String) throws -> String {
    let evaluator = try #require(QuotaEvaluators.evaluator(of: GroupResource(group: group, resource: resource)))
    return evaluator.usage(of: try object(json), now: Timestamp(seconds: 1_000_000_000)).description
  }

  @Test(arguments: [
    (#"{"spec":{"containers":[{"name":"a"}]}}"#, "count/pods=1,pods=1"),
    (
      #"{"spec":{"containers":[{"resources":{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"2"}}}]}}"#,
      "count/pods=1,cpu=1,limits.cpu=2,memory=1Gi,pods=1,requests.cpu=1,requests.memory=1Gi"
    ),
    // An init container needs its part for itself, a sidecar beside all others.
    (
      #"{"spec":{"containers":[{"resources":{"requests":{"cpu":"1"}}}],"initContainers":[{"resources":{"requests":{"cpu":"3"}}},{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}}]}}"#,
      "count/pods=1,cpu=3,pods=1,requests.cpu=3"
    ),
    (
      #"{"spec":{"overhead":{"cpu":"250m"},"containers":[{"resources":{"requests":{"cpu":"1"}}}]}}"#,
      "count/pods=1,cpu=1250m,pods=1,requests.cpu=1250m"
    ),
    // What the pod as a whole asks for takes the place of what its containers do.
    (
      #"{"spec":{"resources":{"requests":{"cpu":"5"}},"containers":[{"resources":{"requests":{"cpu":"1"}}}]}}"#,
      "count/pods=1,cpu=5,pods=1,requests.cpu=5"
    ),
    (
      #"{"spec":{"containers":[{"resources":{"requests":{"hugepages-2Mi":"4Mi","example.com/gpu":"2"}}}]}}"#,
      "count/pods=1,hugepages-2Mi=4Mi,pods=1,requests.example.com/gpu=2,requests.hugepages-2Mi=4Mi"
    ),
    // A container that shrinks holds what it held until it is smaller.
    (
      #"{"spec":{"containers":[{"name":"a","resources":{"requests":{"cpu":"1"}}}]},"status":{"containerStatuses":[{"name":"a","resources":{"requests":{"cpu":"2"}}}]}}"#,
      "count/pods=1,cpu=2,pods=1,requests.cpu=2"
    ),
    (#"{"spec":{"containers":[{}]},"status":{"phase":"Failed"}}"#, "count/pods=1"),
    (
      #"{"metadata":{"deletionTimestamp":"2001-09-09T01:00:00Z","deletionGracePeriodSeconds":30},"spec":{"containers":[{}]}}"#,
      "count/pods=1"
    ),
    (
      #"{"metadata":{"deletionTimestamp":"2001-09-09T01:46:40Z","deletionGracePeriodSeconds":30},"spec":{"containers":[{}]}}"#,
      "count/pods=1,pods=1"
    ),
    // The longest time that a pod may be given ends after all that can be counted.
    (
      #"{"metadata":{"deletionTimestamp":"9999-12-31T23:59:59Z","deletionGracePeriodSeconds":9223372036854775807},"spec":{"containers":[{}]}}"#,
      "count/pods=1,pods=1"
    ),
  ])
  func pods(_ json: String, _ expected: String) throws {
    #expect(try usage("pods", json) == expected)
  }

  @Test(arguments: [
    (#"{"spec":{"type":"ClusterIP","ports":[{},{}]}}"#, "services.loadbalancers=0,services.nodeports=0"),
    (#"{"spec":{"type":"NodePort","ports":[{},{}]}}"#, "services.loadbalancers=0,services.nodeports=2"),
    (#"{"spec":{"type":"LoadBalancer","ports":[{},{}]}}"#, "services.loadbalancers=1,services.nodeports=2"),
    (
      #"{"spec":{"type":"LoadBalancer","allocateLoadBalancerNodePorts":false,"ports":[{},{"nodePort":30000}]}}"#,
      "services.loadbalancers=1,services.nodeports=1"
    ),
  ])
  func services(_ json: String, _ expected: String) throws {
    #expect(try usage("services", json) == "count/services=1,services=1," + expected)
  }

  @Test(arguments: [
    (#"{"spec":{"resources":{"requests":{"storage":"1Gi"}}}}"#, "requests.storage=1Gi"),
    (#"{"spec":{"resources":{"requests":{"storage":"1500m"}}}}"#, "requests.storage=2"),
    (
      #"{"spec":{"storageClassName":"gold","resources":{"requests":{"storage":"1Gi"}}},"status":{"allocatedResources":{"storage":"3Gi"}}}"#,
      "gold.storageclass.storage.k8s.io/persistentvolumeclaims=1,gold.storageclass.storage.k8s.io/requests.storage=3Gi,persistentvolumeclaims=1,requests.storage=3Gi"
    ),
  ])
  func claims(_ json: String, _ expected: String) throws {
    #expect(try usage("persistentvolumeclaims", json).hasSuffix(expected))
  }

  @Test func otherObjects() throws {
    #expect(try usage("configmaps", "{}") == "configmaps=1,count/configmaps=1")
    #expect(try usage("deployments", group: "apps", "{}") == "count/deployments.apps=1")
    #expect(try usage("configmaps", group: "example.com", "{}") == "count/configmaps.example.com=1")
    #expect(QuotaEvaluators.evaluator(of: GroupResource(group: "events.k8s.io", resource: "events")) == nil)
  }

  @Test func namesThatCount() {
    let names = [
      "pods", "cpu", "requests.example.com/gpu", "requests.kubernetes.io/x", "hugepages-1Gi", "services",
      "gold.storageclass.storage.k8s.io/requests.storage",
    ]
    #expect(PodQuota().matching(names) == ["pods", "cpu", "requests.example.com/gpu", "hugepages-1Gi"])
    #expect(ServiceQuota().matching(names) == ["services"])
    #expect(ClaimQuota().matching(names) == ["gold.storageclass.storage.k8s.io/requests.storage"])
  }

  @Test func whatMustBeSaid() throws {
    let pod = try object(
      #"{"spec":{"containers":[{"name":"b","resources":{"requests":{"cpu":"1"}}},{"name":"a"}],"initContainers":[{"name":"i"}]}}"#
    )
    #expect(PodQuota().missing(["pods", "ephemeral-storage"], in: pod) == nil)
    #expect(
      PodQuota().missing(["limits.memory", "requests.cpu", "pods"], in: pod)
        == "must specify limits.memory for: a,b,i; requests.cpu for: a,i")
  }

  @Test(arguments: [
    (#"{"scopes":["Terminating"]}"#, #"{"spec":{"activeDeadlineSeconds":1,"containers":[{}]}}"#, true),
    (#"{"scopes":["NotTerminating"]}"#, #"{"spec":{"activeDeadlineSeconds":1,"containers":[{}]}}"#, false),
    (#"{"scopes":["BestEffort","NotTerminating"]}"#, #"{"spec":{"containers":[{}]}}"#, true),
    (#"{"scopes":["NotBestEffort"]}"#, #"{"spec":{"containers":[{}]}}"#, false),
    (#"{"scopes":["PriorityClass"]}"#, #"{"spec":{"priorityClassName":"high"}}"#, true),
    (#"{"scopes":["PriorityClass"]}"#, #"{"spec":{}}"#, false),
    (#"{"scopes":["VolumeAttributesClass"]}"#, #"{"spec":{}}"#, false),
  ])
  func scopes(_ spec: String, _ pod: String, _ isIn: Bool) throws {
    let quota = Quota(name: "q", uid: "u", spec: try JSONValue(json: Array(spec.utf8)), status: [:])
    #expect(quota.isInScope(try object(pod), PodQuota()) == isIn)
  }

  @Test(arguments: [
    ("In", ["high"], "high", true), ("In", ["high"], "low", false), ("In", ["high"], "", false),
    ("NotIn", ["high"], "high", false), ("NotIn", ["high"], "low", true), ("NotIn", ["high"], "", true),
    ("DoesNotExist", [], "", true), ("DoesNotExist", [], "high", false), ("Exists", [], "high", true),
  ])
  func selectedScopes(_ name: String, _ values: [String], _ priorityClass: String, _ isIn: Bool) throws {
    let expression: JSONValue = [
      "scopeName": "PriorityClass", "operator": .string(name), "values": .array(values.map { .string($0) }),
    ]
    let spec: JSONValue = ["scopeSelector": ["matchExpressions": [expression]]]
    let pod: JSONObject = ["spec": priorityClass.isEmpty ? [:] : ["priorityClassName": .string(priorityClass)]]
    #expect(Quota(name: "q", uid: "u", spec: spec, status: [:]).isInScope(pod, PodQuota()) == isIn)
  }

  @Test func affinityAcrossNamespaces() throws {
    let term = #"{"topologyKey":"k","namespaceSelector":{}}"#
    let pod = try object(
      #"{"spec":{"affinity":{"podAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1,"podAffinityTerm":\#(term)}]}}}}"#
    )
    let quota = Quota(name: "q", uid: "u", spec: ["scopes": ["CrossNamespacePodAffinity"]], status: [:])
    #expect(quota.isInScope(pod, PodQuota()))
    #expect(!quota.isInScope(["spec": [:]], PodQuota()))
  }

  @Test(arguments: [
    (#"{"spec":{}}"#, "count/resourceclaims.resource.k8s.io=1"),
    (
      #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"gpu","allocationMode":"ExactCount","count":2}},{"name":"b","exactly":{"deviceClassName":"gpu","allocationMode":"ExactCount","count":1}}]}}}"#,
      "count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=3"
    ),
    // Who asks for all is counted with the most that a claim can be given.
    (
      #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"gpu","allocationMode":"All"}}]}}}"#,
      "count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=32"
    ),
    // One of several is chosen.
    (
      #"{"spec":{"devices":{"requests":[{"name":"a","firstAvailable":[{"deviceClassName":"big","allocationMode":"ExactCount","count":1},{"deviceClassName":"small","allocationMode":"ExactCount","count":2},{"deviceClassName":"small","allocationMode":"ExactCount","count":4}]},{"name":"b","exactly":{"deviceClassName":"small","allocationMode":"ExactCount","count":1}}]}}}"#,
      "big.deviceclass.resource.k8s.io/devices=1,count/resourceclaims.resource.k8s.io=1,small.deviceclass.resource.k8s.io/devices=5"
    ),
    (
      #"{"spec":{"devices":{"requests":[{"name":"a","exactly":{"deviceClassName":"gpu","allocationMode":"Later","count":7}}]}}}"#,
      "count/resourceclaims.resource.k8s.io=1,gpu.deviceclass.resource.k8s.io/devices=0"
    ),
  ])
  func deviceClaims(_ json: String, _ expected: String) throws {
    #expect(try usage("resourceclaims", group: "resource.k8s.io", json) == expected)
    let evaluator = try #require(
      QuotaEvaluators.evaluator(of: GroupResource(group: "resource.k8s.io", resource: "resourceclaims")))
    let names = ["gpu.deviceclass.resource.k8s.io/devices", "count/resourceclaims.resource.k8s.io"]
    #expect(evaluator.matching(names + ["pods", "count/pods", "requests.cpu"]) == names)
  }
}
