import APIMachinery

/// Which rules hold for which kind, beyond what its schema says.
enum Validation {
  typealias Function = @Sendable (_ new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) -> Void

  private static let core: [String: Function] = [
    "Binding": { new, _, findings in PayloadValidation.validate(binding: new, &findings) },
    "ConfigMap": { ConfigurationValidation.validate(configMap: $0, $1, &$2) },
    "Endpoints": { EndpointValidation.validate(endpoints: $0, $1, &$2) },
    "Event": { ClusterValidation.validate(event: $0, $1, &$2) },
    "LimitRange": { ClusterValidation.validate(limitRange: $0, $1, &$2) },
    "Namespace": { ClusterValidation.validate(namespace: $0, $1, &$2) },
    "Node": { ClusterValidation.validate(node: $0, $1, &$2) },
    "PersistentVolume": { StorageValidation.validate(volume: $0, $1, &$2) },
    "PersistentVolumeClaim": { ClaimValidation.validate(claim: $0, $1, &$2) },
    "Pod": { new, old, findings in
      if let old {
        PodUpdateValidation.validate(new, old, &findings)
      } else {
        PodValidation.validate(new, &findings)
      }
    },
    "PodTemplate": { new, _, findings in
      PodValidation.validate(template: new["template"], FieldPath("template"), &findings)
    },
    "ReplicationController": { WorkloadValidation.validate(replicationController: $0, $1, &$2) },
    "ResourceQuota": { ClusterValidation.validate(quota: $0, $1, &$2) },
    "Secret": { ConfigurationValidation.validate(secret: $0, $1, &$2) },
    "Service": { ServiceValidation.validate($0, $1, &$2) },
  ]

  private static let workloads: [String: [String: Function]] = [
    "apps": [
      "ControllerRevision": { OtherValidation.validate(controllerRevision: $0, $1, &$2) },
      "DaemonSet": { WorkloadValidation.validate(daemonSet: $0, $1, &$2) },
      "Deployment": { WorkloadValidation.validate(deployment: $0, $1, &$2) },
      "ReplicaSet": { WorkloadValidation.validate(replicaSet: $0, $1, &$2) },
      "StatefulSet": { WorkloadValidation.validate(statefulSet: $0, $1, &$2) },
    ],
    "batch": [
      "CronJob": { JobValidation.validate(cronJob: $0, $1, &$2) },
      "Job": { JobValidation.validate(job: $0, $1, &$2) },
    ],
    "policy": [
      "PodDisruptionBudget": { new, _, findings in PolicyValidation.validate(budget: new, &findings) }
    ],
    "discovery.k8s.io": ["EndpointSlice": { EndpointValidation.validate(slice: $0, $1, &$2) }],
    "events.k8s.io": ["Event": { ClusterValidation.validate(event: $0, $1, &$2, isStrict: true) }],
    "coordination.k8s.io": ["Lease": { new, _, findings in OtherValidation.validate(lease: new, &findings) }],
    "scheduling.k8s.io": ["PriorityClass": { OtherValidation.validate(priorityClass: $0, $1, &$2) }],
    "node.k8s.io": ["RuntimeClass": { new, _, findings in OtherValidation.validate(runtimeClass: new, &findings) }],
  ]

  private static let cluster: [String: [String: Function]] = [
    "networking.k8s.io": [
      "IPAddress": { new, _, findings in NetworkingValidation.validate(address: new, &findings) },
      "Ingress": { new, old, findings in
        NetworkingValidation.validate(ingress: new, isNew: old == nil, &findings)
      },
      "IngressClass": { NetworkingValidation.validate(ingressClass: $0, $1, &$2) },
      "NetworkPolicy": { NetworkingValidation.validate(policy: $0, $1, &$2) },
      "ServiceCIDR": { NetworkingValidation.validate(serviceCIDR: $0, $1, &$2) },
    ],
    "rbac.authorization.k8s.io": [
      "ClusterRole": { new, _, findings in AccessValidation.validate(role: new, isNamespaced: false, &findings) },
      "ClusterRoleBinding": { AccessValidation.validate(binding: $0, $1, isNamespaced: false, &$2) },
      "Role": { new, _, findings in AccessValidation.validate(role: new, isNamespaced: true, &findings) },
      "RoleBinding": { AccessValidation.validate(binding: $0, $1, isNamespaced: true, &$2) },
    ],
    "authorization.k8s.io": [
      "LocalSubjectAccessReview": { new, _, findings in
        AccessValidation.validate(review: new, isSelf: false, &findings)
      },
      "SelfSubjectAccessReview": { new, _, findings in
        AccessValidation.validate(review: new, isSelf: true, &findings)
      },
      "SubjectAccessReview": { new, _, findings in
        AccessValidation.validate(review: new, isSelf: false, &findings)
      },
    ],
    "authentication.k8s.io": [
      "TokenRequest": { new, _, findings in PayloadValidation.validate(tokenRequest: new, &findings) }
    ],
    "storage.k8s.io": [
      "CSINode": { PayloadValidation.validate(driversOfNode: $0, $1, &$2) },
      "CSIDriver": { StorageValidation.validate(driver: $0, $1, &$2) },
      "CSIStorageCapacity": { new, _, findings in StorageValidation.validate(capacity: new, &findings) },
      "StorageClass": { StorageValidation.validate(storageClass: $0, $1, &$2) },
      "VolumeAttachment": { StorageValidation.validate(attachment: $0, $1, &$2) },
      "VolumeAttributesClass": { StorageValidation.validate(attributesClass: $0, $1, &$2) },
    ],
    "admissionregistration.k8s.io": [
      "MutatingAdmissionPolicy": { new, _, findings in
        AdmissionPolicyValidation.validate(policy: new, isMutating: true, &findings)
      },
      "MutatingAdmissionPolicyBinding": { new, _, findings in
        AdmissionPolicyValidation.validate(binding: new, isMutating: true, &findings)
      },
      "MutatingWebhookConfiguration": { new, _, findings in
        WebhookValidation.validate(new, isMutating: true, &findings)
      },
      "ValidatingAdmissionPolicy": { new, _, findings in
        AdmissionPolicyValidation.validate(policy: new, isMutating: false, &findings)
      },
      "ValidatingAdmissionPolicyBinding": { new, _, findings in
        AdmissionPolicyValidation.validate(binding: new, isMutating: false, &findings)
      },
      "ValidatingWebhookConfiguration": { new, _, findings in
        WebhookValidation.validate(new, isMutating: false, &findings)
      },
    ],
    "apiextensions.k8s.io": ["CustomResourceDefinition": { DefinitionValidation.validate($0, $1, &$2) }],
    "apiregistration.k8s.io": [
      "APIService": { new, _, findings in OtherValidation.validate(apiService: new, &findings) }
    ],
    "flowcontrol.apiserver.k8s.io": [
      "FlowSchema": { new, _, findings in FlowControlValidation.validate(schema: new, &findings) },
      "PriorityLevelConfiguration": { new, _, findings in FlowControlValidation.validate(level: new, &findings) },
    ],
    "resource.k8s.io": [
      "DeviceClass": { DeviceClaimValidation.validate(deviceClass: $0, $1, &$2) },
      "ResourceClaim": { DeviceClaimValidation.validate(claim: $0, $1, &$2) },
      "ResourceClaimTemplate": { DeviceClaimValidation.validate(template: $0, $1, &$2) },
      "ResourceSlice": { DeviceSliceValidation.validate($0, $1, &$2) },
    ],
  ]

  static func function(for kind: GroupVersionKind) -> Function? {
    switch (kind.group, kind.kind) {
    case ("", _): core[kind.kind]
    case ("autoscaling", "HorizontalPodAutoscaler"):
      { PolicyValidation.validate(autoscaler: $0, $1, version: kind.version, &$2) }
    case ("autoscaling", "Scale"):
      { new, _, findings in PayloadValidation.validate(scale: new, &findings) }
    default: workloads[kind.group]?[kind.kind] ?? cluster[kind.group]?[kind.kind]
    }
  }

  /// What names of a kind may look like.
  static func nameRule(for kind: GroupVersionKind) -> MetadataValidation.NameRule {
    switch (kind.group, kind.kind) {
    case ("", "Namespace"), ("", "Service"), ("apps", "StatefulSet"): { NameRules.dns1123Label($0) }
    // Those who tell of events the old way have never been asked for more.
    case ("rbac.authorization.k8s.io", _), ("", "Event"): { NameRules.pathSegment($0) }
    case ("networking.k8s.io", "IPAddress"): { AddressRules.problems(ofCanonicalAddress: $0) }
    case ("apiregistration.k8s.io", _), ("certificates.k8s.io", _), ("flowcontrol.apiserver.k8s.io", _):
      { kind.group == "flowcontrol.apiserver.k8s.io" ? NameRules.dns1123Subdomain($0) : NameRules.pathSegment($0) }
    default: { NameRules.dns1123Subdomain($0) }
    }
  }

  /// The rule of names that a kind's updates are held to; nil where they are not.
  static func updatedNameRule(for kind: GroupVersionKind) -> MetadataValidation.NameRule? {
    namedOnce.contains(kind.kind) ? nil : nameRule(for: kind)
  }

  /// Kinds whose names are judged at their creation alone: with an update upstream looks at the rest.
  private static let namedOnce: Set<String> = [
    "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding", "CronJob", "CSIDriver",
    "CustomResourceDefinition", "DaemonSet", "Deployment", "DeviceClass", "Event", "HorizontalPodAutoscaler",
    "Lease", "NetworkPolicy", "PodDisruptionBudget", "PodTemplate", "PriorityClass", "ReplicaSet",
    "ReplicationController", "ResourceQuota", "ResourceSlice", "Role", "RoleBinding", "Service", "ServiceCIDR",
    "StatefulSet",
  ]
}
