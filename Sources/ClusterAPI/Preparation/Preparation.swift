import APIMachinery

/// What becomes of an object before it is validated and stored: parts that belong to the server are taken from whoever wrote them.
///
/// The rules are those of upstream's strategies (`pkg/registry/*/strategy.go`).
enum Preparation {
  /// Kinds whose generation grows when what they shall be changes, and starts at 1.
  private static let counted: [String: Set<String>] = [
    "": ["Pod", "PodTemplate", "ReplicationController"],
    "apps": ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"],
    "batch": ["CronJob", "Job"],
    "networking.k8s.io": ["Ingress", "IngressClass", "NetworkPolicy"],
    "policy": ["PodDisruptionBudget"],
    "discovery.k8s.io": ["EndpointSlice"],
    "admissionregistration.k8s.io": [
      "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
      "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    ],
    "apiextensions.k8s.io": ["CustomResourceDefinition"],
    "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
    "scheduling.k8s.io": ["PriorityClass"],
    "storage.k8s.io": ["CSIDriver"],
    "resource.k8s.io": ["DeviceClass", "ResourceSlice"],
  ]

  /// What clients write in the metadata of an object that exists.
  static let clientMetadata = ["labels", "annotations", "finalizers", "ownerReferences"]

  /// The generation of a new object: that of a CSIDriver begins with its first change.
  static func firstGeneration(_ kind: GroupVersionKind) -> JSONValue? {
    hasGeneration(kind) && kind.kind != "CSIDriver" ? 1 : nil
  }

  static func hasGeneration(_ kind: GroupVersionKind) -> Bool { counted[kind.group]?.contains(kind.kind) ?? false }

  /// Whether two objects differ in anything but metadata and status.
  static func differs(_ new: JSONValue, _ old: JSONValue) -> Bool {
    func rest(_ value: JSONValue) -> JSONValue {
      var result = value
      result.editObject { members in
        for name in ["metadata", "status", "apiVersion", "kind"] { members.remove(name) }
      }
      return result
    }
    return rest(new) != rest(old)
  }
}

extension BuiltinKinds {
  /// Prepares an object that is created: the server's own parts begin anew, the generation is 1.
  ///
  /// Metadata (uid, creation time, name) is there already; defaults are filled in.
  /// - Parameter submitted: as the client sent it, where nobody but the server has changed it since.
  public func prepareForCreate(
    _ object: inout JSONValue, kind: GroupVersionKind, submitted: JSONObject? = nil
  ) {
    guard let version = resource(of: GroupKind(group: kind.group, kind: kind.kind))?.version(kind.version) else {
      return
    }
    let preparation = Preparations.of(kind)
    var isComplete = Preparations.isPlain(kind) && !mayDropFields(definition: version.definitionName)
    if version.subresource("status") != nil, !preparation.keepsStatus {
      isComplete = false
      object.editObject { _ = $0.remove("status") }
    }
    dropDisabledFields(of: &object, old: nil, definition: version.definitionName)
    object.edit("metadata") { metadata in
      metadata.editObject { $0["generation"] = Preparation.firstGeneration(kind) }
    }
    if let submitted {
      // What was copied is copied anew with the defaults below.
      for (part, member) in preparation.copied where submitted[part]?[member]?.objectValue?.isEmpty ?? true {
        object.edit(part) { $0.editObject { _ = $0.remove(member) } }
      }
    }
    preparation.create(&object)
    // Where nothing was taken out or put in, its defaults are still there.
    if !isComplete { complete(&object, kind: kind) }
  }

  /// Prepares an object that is updated, itself or through a subresource: what cannot be written there is as it was, and the
  /// generation grows where anything but metadata and status changed.
  public func prepareForUpdate(
    _ object: inout JSONValue, old: JSONValue, kind: GroupVersionKind, subresource: String = ""
  ) {
    guard let version = resource(of: GroupKind(group: kind.group, kind: kind.kind))?.version(kind.version) else {
      return
    }
    let preparation = Preparations.of(kind)
    switch subresource {
    case "status":
      let status = object["status"]
      var metadata = object["metadata"] ?? [:]
      metadata.editObject { members in
        for name in ["deletionTimestamp"] + preparation.keptByStatus { members[name] = old["metadata"]?[name] }
      }
      object = old
      object.editObject { members in
        members["status"] = status
        members["metadata"] = metadata
      }
    case "ephemeralcontainers": take(["spec", "ephemeralContainers"], from: &object, into: old)
    // Judged below, by its own rules.
    case "approval": break
    case "resize": PodPreparation.takeResources(&object, into: old)
    default:
      if version.subresource("status") != nil {
        object.editObject { $0["status"] = old["status"] }
      }
    }
    dropDisabledFields(of: &object, old: old, definition: version.definitionName)
    preparation.update(&object, old: old, subresource: subresource)
    let generation = old["metadata"]?["generation"]
    let isCounted = countsChange(of: old, to: object, kind: kind, subresource: subresource)
    object.edit("metadata") { metadata in
      metadata.editObject { members in
        members["generation"] = isCounted ? .integer((generation?.integerValue ?? 0) + 1) : generation
      }
    }
  }
}

extension BuiltinKinds {
  /// Whether a write changes what a user wants, so that the generation of the object grows: of kinds that have one, and never
  /// by a write of the status, nor where a pod is put on its node.
  public func countsChange(
    of old: JSONValue, to new: JSONValue, kind: GroupVersionKind, subresource: String = ""
  ) -> Bool {
    !["status", "binding"].contains(subresource) && Preparation.hasGeneration(kind)
      && Preparations.of(kind).isCounted(new, old)
  }

  /// Leaves everything of an object as it was but what stands at one path, and the version that the write expects.
  private func take(_ path: [String], from object: inout JSONValue, into old: JSONValue) {
    let value = object[path[0]]?[path[1]]
    let version = object["metadata"]?["resourceVersion"]
    object = old
    object.setDefault(path[0], [:])
    object.edit(path[0]) { $0.editObject { $0[path[1]] = value } }
    object.edit("metadata") { $0.editObject { $0["resourceVersion"] = version } }
  }
}
