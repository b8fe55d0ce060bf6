import APIMachinery
import Testing

@testable import ClusterAPI

/// What is said of values of a wrong type names Go's types and the structures that they embed, as kube-apiserver 1.36.2
/// names them.
@Suite struct GoTypeTests {
  @Test(
    "types and embedded structures have Go's names",
    arguments: [
      ("core", "Pod", #"{"metadata": {"uid": 5}}"#, "number", "ObjectMeta.metadata.uid of type types.UID"),
      ("core", "Pod", #"{"spec": {"dnsPolicy": 5}}"#, "number", "PodSpec.spec.dnsPolicy of type v1.DNSPolicy"),
      (
        "core", "Pod", #"{"spec": {"containers": [{"imagePullPolicy": []}]}}"#, "array",
        "Container.spec.containers.imagePullPolicy of type v1.PullPolicy"
      ),
      (
        "core", "Pod", #"{"spec": {"containers": [{"securityContext": {"capabilities": {"add": 5}}}]}}"#, "number",
        "Capabilities.spec.containers.securityContext.capabilities.add of type []v1.Capability"
      ),
      (
        "core", "Pod", #"{"spec": {"containers": [{"securityContext": {"capabilities": {"add": [5]}}}]}}"#, "number",
        "Capabilities.spec.containers.securityContext.capabilities.add of type v1.Capability"
      ),
      ("core", "Pod", #"{"spec": {"overhead": 5}}"#, "number", "PodSpec.spec.overhead of type v1.ResourceList"),
      (
        "core", "Pod", #"{"spec": {"containers": [{"livenessProbe": {"exec": 5}}]}}"#, "number",
        "Probe.spec.containers.livenessProbe.ProbeHandler.exec of type v1.ExecAction"
      ),
      (
        "core", "Pod", #"{"spec": {"containers": [{"livenessProbe": {"httpGet": {"port": true}}}]}}"#, "bool",
        "HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32"
      ),
      (
        "core", "Pod", #"{"spec": {"volumes": [{"configMap": {"name": 5}}]}}"#, "number",
        "ConfigMapVolumeSource.spec.volumes.VolumeSource.configMap.LocalObjectReference.name of type string"
      ),
      (
        "core", "PersistentVolume", #"{"spec": {"nfs": {"path": 5}}}"#, "number",
        "NFSVolumeSource.spec.PersistentVolumeSource.nfs.path of type string"
      ),
      (
        "core", "PersistentVolumeClaim", #"{"status": {"allocatedResourceStatuses": 5}}"#, "number",
        "PersistentVolumeClaimStatus.status.allocatedResourceStatuses of type map[v1.ResourceName]v1.ClaimResourceStatus"
      ),
      (
        "core", "PersistentVolumeClaim", #"{"status": {"allocatedResourceStatuses": {"a": 5}}}"#, "number",
        "PersistentVolumeClaimStatus.status.allocatedResourceStatuses of type v1.ClaimResourceStatus"
      ),
      (
        "apps", "StatefulSet", #"{"spec": {"volumeClaimTemplates": [{"kind": 5}]}}"#, "number",
        "PersistentVolumeClaim.spec.volumeClaimTemplates.TypeMeta.kind of type string"
      ),
      (
        "authorization", "SubjectAccessReview", #"{"spec": {"extra": 5}}"#, "number",
        "SubjectAccessReviewSpec.spec.extra of type map[string]v1.ExtraValue"
      ),
      (
        "authorization", "SubjectAccessReview", #"{"spec": {"extra": {"a": 5}}}"#, "number",
        "SubjectAccessReviewSpec.spec.extra of type v1.ExtraValue"
      ),
      (
        "admissionregistration", "ValidatingAdmissionPolicy",
        #"{"spec": {"matchConstraints": {"resourceRules": [{"scope": 5}]}}}"#, "number",
        "NamedRuleWithOperations.spec.matchConstraints.resourceRules.RuleWithOperations.Rule.scope of type v1.ScopeType"
      ),
    ])
  func decoder(group: String, kind: String, text: String, found: String, place: String) throws {
    #expect(
      try message(group, kind, text, .decoder) == "json: cannot unmarshal \(found) into Go struct field \(place)")
  }

  @Test("the converter names types, and no places")
  func converter() throws {
    let policy = #"{"spec": {"containers": [{"imagePullPolicy": 5}]}}"#
    #expect(try message("core", "Pod", policy, .converter) == "cannot convert int64 to v1.PullPolicy")
    let port = #"{"spec": {"containers": [{"livenessProbe": {"httpGet": {"port": true}}}]}}"#
    #expect(
      try message("core", "Pod", port, .converter) == "json: cannot unmarshal bool into Go value of type int32")
  }

  @Test("names that stand at many fields are kept once")
  func shared() throws {
    let container = try #require(builtin.registry["io.k8s.api.core.v1.Container"])
    let port = try #require(builtin.registry["io.k8s.api.core.v1.EndpointPort"]?.properties["protocol"]?.notes)
    #expect(builtin.registry["io.k8s.api.core.v1.ServicePort"]?.properties["protocol"]?.notes === port)
    #expect(port.typeName == "v1.Protocol" && container.properties["name"]?.notes == nil)
  }

  private func message(_ group: String, _ kind: String, _ text: String, _ words: TypeChecker.Words) throws -> String? {
    let name = "io.k8s.api.\(group).v1.\(kind)"
    let schema = try #require(builtin.registry[name])
    let value = try JSONReader.strictValue(of: Array(text.utf8)).value
    let error = #expect(throws: TypeMismatch.self) {
      try TypeChecker.check(value, by: schema, definitionName: name, words: words)
    }
    return error?.message
  }
}
