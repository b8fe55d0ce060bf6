import APIMachinery
import Testing

@testable import ClusterAPI

/// All built-in kinds, read once for all tests.
let builtin: BuiltinKinds = {
  do { return try BuiltinKinds.load() } catch { fatalError("\(error)") }
}()

@Suite struct BuiltinKindsTests {
  @Test func everyTypeIsThere() {
    // 769 definitions are published for 1.36 with the beta and alpha groups; these are the stable ones.
    #expect(builtin.registry.definitions.count > 550)
    for (name, schema) in builtin.registry.definitions {
      var remaining = [schema]
      while let node = remaining.popLast() {
        if let reference = node.reference { #expect(reference.target != nil, "\(reference.name) in \(name)") }
        remaining += node.children
      }
    }
  }

  @Test func theSchemaOfAPodSaysHowItsListsMerge() throws {
    let pod = try #require(builtin.registry["io.k8s.api.core.v1.Pod"])
    let containers = try #require(pod.properties["spec"]?.resolved.properties["containers"])
    #expect(containers.type == .array && containers.listType == .map && containers.listMapKeys == ["name"])
    #expect(containers.patchStrategy == .merge && containers.patchMergeKey == "name")
    let ports = try #require(containers.items?.resolved.properties["ports"])
    #expect(ports.listMapKeys == ["containerPort", "protocol"] && ports.patchMergeKey == "containerPort")
    let strategy = builtin.registry["io.k8s.api.apps.v1.DeploymentSpec"]?.properties["strategy"]
    #expect(strategy?.patchStrategy == .retainKeys)
    #expect(pod.properties["metadata"]?.reference?.name == CommonDefinitions.objectMeta)
    #expect(pod.properties.first?.name == "apiVersion")
  }

  @Test func listsAreDefined() throws {
    let list = try #require(builtin.registry["io.k8s.api.apps.v1.DeploymentList"])
    #expect(list.properties["items"]?.items?.reference?.name == "io.k8s.api.apps.v1.Deployment")
    #expect(list.required == ["items"])
    #expect(builtin.registry["io.k8s.api.core.v1.BindingList"] == nil)
  }

  @Test func autoscalersHaveTwoVersions() throws {
    let resource = try #require(
      builtin.resource(GroupResource(group: "autoscaling", resource: "horizontalpodautoscalers")))
    #expect(resource.versions.map(\.name) == ["v2", "v1"])
    #expect(resource.storageVersion?.name == "v2")
    #expect(
      builtin.definitionName(
        of: GroupVersionKind(group: "autoscaling", version: "v1", kind: "HorizontalPodAutoscaler"))
        == "io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler")
  }

  @Test func eventsOfBothGroupsAreStoredInOnePlace() throws {
    let events = try #require(builtin.resource(GroupResource(group: "events.k8s.io", resource: "events")))
    #expect(events.storedAs == GroupResource(group: "", resource: "events"))
  }

  @Test func fieldSelectorsKnowWhereTheirValuesStand() {
    let job = GroupVersionKind(group: "batch", version: "v1", kind: "Job")
    #expect(builtin.selectableField("status.successful", of: job)?.path == ["status", "succeeded"])
    #expect(builtin.selectableField("status.successful", of: job)?.otherwise == .value("0"))
    #expect(builtin.selectableField("spec.parallelism", of: job) == nil)
    let pod = GroupVersionKind(group: "", version: "v1", kind: "Pod")
    #expect(builtin.selectableField("spec.nodeName", of: pod)?.path == ["spec", "nodeName"])
  }

  @Test func deprecatedKindsWarn() throws {
    let endpoints = try #require(builtin.resource(GroupResource(group: "", resource: "endpoints"))?.version("v1"))
    #expect(endpoints.isDeprecated)
    #expect(
      endpoints.deprecationWarning
        == "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
  }

  @Test func subresourcesHaveTheirKinds() throws {
    let pods = try #require(builtin.resource(GroupResource(group: "", resource: "pods"))?.version("v1"))
    #expect(pods.subresource("eviction")?.kind.groupVersionKind.description == "policy/v1, Kind=Eviction")
    #expect(pods.subresource("exec")?.kind.groupVersionKind.kind == "PodExecOptions")
    #expect(pods.subresource("log")?.kind.groupVersionKind.kind == "Pod")
    #expect(pods.subresource("status")?.resetFields == [["spec"], ["metadata", "ownerReferences"]])
    #expect(pods.resetFields == [["status"]])
  }
}
