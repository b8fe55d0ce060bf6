import APIMachinery

/// What controllers and node agents may write into a status, besides those of jobs and pods.
enum StatusValidation {
  static func validate(_ new: JSONValue, _ old: JSONValue, _ kind: GroupVersionKind, _ findings: inout Findings) {
    let status = new["status"] ?? [:]
    let before = old["status"] ?? [:]
    switch (kind.group, kind.kind) {
    case ("batch", "Job"): JobStatusValidation.validate(new, old, &findings)
    case ("", "Pod"): PodStatusValidation.validate(new, old, &findings)
    case ("apps", "Deployment"):
      numbers(
        status, before, parts: ["updatedReplicas", "readyReplicas", "availableReplicas"],
        others: ["unavailableReplicas", "terminatingReplicas"], ready: "readyReplicas", &findings)
    case ("apps", "ReplicaSet"), ("", "ReplicationController"):
      numbers(
        status, before, parts: ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"],
        others: ["terminatingReplicas"], ready: "readyReplicas", &findings)
    case ("apps", "StatefulSet"):
      numbers(
        status, before, parts: ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"],
        others: [], ready: "status.readyReplicas", &findings)
    case ("apps", "DaemonSet"):
      numbers(
        status, before, parts: [],
        others: [
          "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady",
          "updatedNumberScheduled", "numberAvailable", "numberUnavailable",
        ], ready: "", &findings)
    case ("", "Service"): LoadBalancerStatusValidation.validate(new, old, isService: true, &findings)
    case ("networking.k8s.io", "Ingress"):
      LoadBalancerStatusValidation.validate(new, old, isService: false, &findings)
    case ("", "Namespace"): ClusterValidation.validate(phaseOf: new, &findings)
    case ("", "Node"): ClusterValidation.validate(statusOf: new, &findings)
    case ("", "PersistentVolumeClaim"): ClaimValidation.validate(statusOf: new, &findings)
    case ("", "ResourceQuota"): ClusterValidation.validate(usageOf: new, &findings)
    case ("policy", "PodDisruptionBudget"): PolicyValidation.validate(statusOf: new, &findings)
    case ("autoscaling", "HorizontalPodAutoscaler"):
      PolicyValidation.validate(statusOfAutoscaler: new, &findings)
    case ("flowcontrol.apiserver.k8s.io", _): FlowControlValidation.validate(statusOf: new, &findings)
    case ("resource.k8s.io", "ResourceClaim"): DeviceStatusValidation.validate(new, old, &findings)
    case ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"):
      AdmissionPolicyValidation.validate(statusOf: new, &findings)
    case ("apiextensions.k8s.io", "CustomResourceDefinition"):
      DefinitionValidation.validate(statusOf: new, &findings)
    case ("apiregistration.k8s.io", "APIService"): OtherValidation.validate(statusOfService: new, &findings)
    case ("storage.k8s.io", "VolumeAttachment"): StorageValidation.validate(statusOfAttachment: new, &findings)
    default: break
    }
  }

  /// Numbers of pods: none is negative, and parts are not more than all.
  private static func numbers(
    _ status: JSONValue, _ before: JSONValue, parts: [String], others: [String], ready: String,
    _ findings: inout Findings
  ) {
    let path = FieldPath("status")
    for name in ["replicas", "observedGeneration", "collisionCount"] + parts + others {
      findings.notNegative(status, name, path)
    }
    let all = status["replicas"]?.integerValue ?? 0
    for name in parts {
      let number = status[name]?.integerValue ?? 0
      guard number > all else { continue }
      findings.invalid(path.child(name), .integer(number), "cannot be greater than status.replicas")
    }
    let available = status["availableReplicas"]?.integerValue ?? 0
    if parts.contains("availableReplicas"), available > status["readyReplicas"]?.integerValue ?? 0 {
      findings.invalid(path.child("availableReplicas"), .integer(available), "cannot be greater than \(ready)")
    }
    let collisions = status["collisionCount"]?.integerValue ?? 0
    if let was = before["collisionCount"]?.integerValue, collisions < was || !status.has("collisionCount") {
      findings.invalid(path.child("collisionCount"), .integer(collisions), "cannot be decremented")
    }
  }
}
