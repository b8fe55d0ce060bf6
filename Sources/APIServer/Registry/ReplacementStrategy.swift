import APIMachinery

/// What a PUT may do with objects of a resource (kube-apiserver's `AllowCreateOnUpdate` and `AllowUnconditionalUpdate`).
extension ServedResource {
  private static let madeByReplacement: [String: Set<String>] = [
    "": ["endpoints", "events", "limitranges", "services"],
    "coordination.k8s.io": ["leases"],
    "events.k8s.io": ["events"],
    "node.k8s.io": ["runtimeclasses"],
    "rbac.authorization.k8s.io": ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
  ]

  private static let replacedByVersionOnly: [String: Set<String>] = [
    "admissionregistration.k8s.io": [
      "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
      "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
    ],
    "apiextensions.k8s.io": ["customresourcedefinitions"],
    "apiregistration.k8s.io": ["apiservices"],
    "coordination.k8s.io": ["leases"],
    "node.k8s.io": ["runtimeclasses"],
    "policy": ["poddisruptionbudgets"],
    "storage.k8s.io": ["csidrivers", "csinodes", "csistoragecapacities", "volumeattachments"],
  ]

  /// Whether a PUT makes the object where there is none.
  var isMadeByReplacement: Bool { Self.madeByReplacement[resource.group]?.contains(resource.plural) ?? false }

  /// Whether who replaces an object must say which version of it.
  var isReplacedByVersionOnly: Bool {
    resource.isCustom || Self.replacedByVersionOnly[resource.group]?.contains(resource.plural) ?? false
  }
}
