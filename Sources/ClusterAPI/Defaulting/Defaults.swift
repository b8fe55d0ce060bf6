import APIMachinery

/// Defaults that depend on other fields, kind by kind; those that do not stand in the schema.
enum Defaults {
  typealias Function = @Sendable (inout JSONValue) -> Void

  private static let core: [String: Function] = [
    "Endpoints": { endpoints in endpoints.editItems(of: "subsets") { setSubset(&$0) } },
    "LimitRange": setLimitRange,
    "Namespace": setNamespace,
    "Node": setNode,
    "PersistentVolume": { volume in volume.edit("spec") { setVolumeSpec(&$0) } },
    "PersistentVolumeClaim": { claim in claim.edit("spec") { setClaimSpec(&$0) } },
    "Pod": setPod,
    "PodTemplate": { $0.edit("template") { setPodTemplate(&$0) } },
    "ReplicationController": setReplicationController,
    "Secret": mergeStrings,
    "Service": setService,
  ]

  private static let others: [String: [String: Function]] = [
    "": core,
    "apps": [
      "DaemonSet": setDaemonSet, "Deployment": setDeployment, "StatefulSet": setStatefulSet,
      "ReplicaSet": { $0.edit("spec", "template") { setPodTemplate(&$0) } },
    ],
    "batch": ["Job": setJob, "CronJob": { $0.edit("spec", "jobTemplate", "spec") { setJobTemplateSpec(&$0) } }],
    "autoscaling": ["HorizontalPodAutoscaler": setAutoscaler],
    "networking.k8s.io": ["NetworkPolicy": { $0.edit("spec") { setNetworkPolicySpec(&$0) } }],
    "discovery.k8s.io": ["EndpointSlice": { $0.editItems(of: "ports") { $0.setDefault("name", "") } }],
    "rbac.authorization.k8s.io": ["ClusterRoleBinding": setSubjects, "RoleBinding": setSubjects],
    "storage.k8s.io": ["CSIDriver": { $0.edit("spec") { $0.setDefault("volumeLifecycleModes", ["Persistent"]) } }],
    "admissionregistration.k8s.io": [
      "MutatingWebhookConfiguration": setWebhooks, "ValidatingWebhookConfiguration": setWebhooks,
      "MutatingAdmissionPolicy": { $0.edit("spec", "matchConstraints") { setSelectors(&$0) } },
      "ValidatingAdmissionPolicy": { $0.edit("spec", "matchConstraints") { setSelectors(&$0) } },
      "MutatingAdmissionPolicyBinding": { $0.edit("spec", "matchResources") { setSelectors(&$0) } },
      "ValidatingAdmissionPolicyBinding": { $0.edit("spec", "matchResources") { setSelectors(&$0) } },
    ],
    "apiextensions.k8s.io": ["CustomResourceDefinition": setDefinition],
    "flowcontrol.apiserver.k8s.io": ["PriorityLevelConfiguration": setPriorityLevel],
    "resource.k8s.io": [
      "ResourceClaim": { $0.edit("spec", "devices") { setDeviceClaim(&$0) } },
      "ResourceClaimTemplate": { $0.edit("spec", "spec", "devices") { setDeviceClaim(&$0) } },
      "ResourceSlice": { $0.edit("spec") { setTaintTimes(&$0) } },
    ],
  ]

  /// Kinds that have got defaults that earlier versions of this server did not fill in, and whose rules would take the new value
  /// for a change.
  static let grown: Set<GroupKind> = [
    GroupKind(group: "apps", kind: "StatefulSet"), GroupKind(group: "batch", kind: "Job"),
  ]

  static func function(for kind: GroupVersionKind) -> Function? {
    if kind.group == "autoscaling", kind.version == "v1" { return setFormerAutoscaler }
    return others[kind.group]?[kind.kind]
  }
}

extension BuiltinKinds {
  /// Fills in what an object of a built-in kind leaves to the API: first what its schema has defaults for, then what depends on
  /// other fields. Does nothing to kinds that are not built in.
  public func setDefaults(_ object: inout JSONValue, kind: GroupVersionKind) {
    guard let definition = definitionName(of: kind), let schema = registry[definition] else { return }
    Defaulter.fillIn(&object, by: schema)
    Defaults.function(for: kind)?(&object)
  }

  /// Gives an object as it was sent the form in which it is validated and stored: ``normalize(_:definition:)``, then
  /// ``setDefaults(_:kind:)``.
  public func complete(_ object: inout JSONValue, kind: GroupVersionKind) {
    guard let definition = definitionName(of: kind) else { return }
    normalize(&object, definition: definition)
    setDefaults(&object, kind: kind)
  }

  /// Gives an object that an earlier version of this server may have stored the form that it would be stored in today. One that
  /// is in it already costs little, most kinds nothing.
  public func renew(_ object: inout JSONObject, kind: GroupVersionKind) {
    guard let definition = definitionName(of: kind) else { return }
    addNulls(to: &object, definition: definition)
    guard Defaults.grown.contains(GroupKind(group: kind.group, kind: kind.kind)) else { return }
    var tree = JSONValue.object(object)
    object = [:]
    setDefaults(&tree, kind: kind)
    object = tree.objectValue ?? [:]
  }
}
