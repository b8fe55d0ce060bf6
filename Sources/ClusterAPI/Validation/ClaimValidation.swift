import APIMachinery

/// Claims to persistent volumes.
enum ClaimValidation {
  static func validate(claim new: JSONValue, _ old: JSONValue?, _ findings: inout Findings) {
    guard let spec = new["spec"] else { return }
    let path = FieldPath("spec")
    validate(spec: spec, path, &findings)
    if let old { update(new, old, path, &findings) }
  }

  static func validate(spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    StorageValidation.someModes(spec, path, &findings)
    SelectorValidation.validate(spec["selector"], path.child("selector"), &findings)
    StorageValidation.knownModes(spec, path, &findings)
    let requests = spec["resources"]?["requests"]
    if let text = requests?["storage"]?.stringValue {
      if let amount = Quantity(reading: text), amount.sign <= 0 {
        findings.invalid(
          path.child("resources").key("storage"), .string(amount.description), "must be greater than zero")
      }
    } else {
      findings.required(path.child("resources").key("storage"))
    }
    StorageValidation.className(spec.text("storageClassName"), path.child("storageClassName"), &findings)
    for name in ["dataSource", "dataSourceRef"] {
      guard let source = spec[name] else { continue }
      let path = path.child(name)
      for name in ["name", "kind"] where source.text(name).isEmpty { findings.required(path.child(name)) }
      if source.text("apiGroup").isEmpty, source.text("kind") != "PersistentVolumeClaim" {
        findings.invalid(
          path, .string(source.text("kind")), "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
      }
      let group = source.text("apiGroup")
      if !group.isEmpty {
        findings.invalid(path.child("apiGroup"), .string(group), NameRules.dns1123Subdomain(group))
      }
      let namespace = source.text("namespace")
      if !namespace.isEmpty {
        findings.invalid(path.child("namespace"), .string(namespace), NameRules.dns1123Label(namespace))
      }
    }
    if let source = spec["dataSource"], let reference = spec["dataSourceRef"] {
      if !reference.text("namespace").isEmpty {
        // Upstream shows a path of its own in JSON: nothing of it can be seen.
        findings.invalid(
          path, [:], "may not be specified when dataSourceRef.namespace is specified")
      } else if ["apiGroup", "kind", "name"].contains(where: { source.text($0) != reference.text($0) }) {
        findings.invalid(path, [:], "must match dataSourceRef")
      }
    }
    StorageValidation.className(
      spec.text("volumeAttributesClassName"), path.child("volumeAttributesClassName"), &findings)
  }

  /// The name of a class in an annotation, from the time before there was a field, stays.
  private static func annotation(_ new: JSONValue, _ old: JSONValue, _ findings: inout Findings) {
    let name = "volume.beta.kubernetes.io/storage-class"
    let now = new["metadata"]?["annotations"]?.text(name) ?? ""
    let before = old["metadata"]?["annotations"]?.text(name) ?? ""
    // It may become the field.
    if !before.isEmpty, old["spec"]?.has("storageClassName") != true, new["spec"]?.text("storageClassName") == before,
      now.isEmpty || now == before
    {
      return
    }
    if now != before {
      findings.invalid(FieldPath("metadata", "annotations", name), .string(now), Findings.immutable)
    }
  }

  static func validate(statusOf claim: JSONValue, _ findings: inout Findings) {
    let status = claim["status"] ?? [:]
    let capacity = FieldPath("status", "capacity")
    for (name, value) in MetadataValidation.sorted(status["capacity"]) {
      _ = isNegative(value, capacity.key(name), &findings)
    }
    let resizes = FieldPath("status", "allocatedResourceStatuses")
    for (name, value) in MetadataValidation.sorted(status["allocatedResourceStatuses"]) {
      _ = isResource(name, resizes, &findings)
      if !resizeStatuses.contains(value.stringValue ?? "") {
        // What is shown is upstream's: the resource, not what is said of it.
        findings.add(.notSupported(resizes, .string(name), resizeStatuses))
      }
    }
    let allocated = FieldPath("status", "allocatedResources")
    for (name, value) in MetadataValidation.sorted(status["allocatedResources"])
    where isResource(name, allocated, &findings) && !isNegative(value, allocated.key(name), &findings) {
      ResourceValidation.amount("storage", value, allocated.key(name), &findings)
    }
  }

  private static let resizeStatuses = [
    "ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible",
    "NodeResizePending",
  ].sorted()

  private static func isNegative(_ value: JSONValue, _ path: FieldPath, _ findings: inout Findings) -> Bool {
    guard let amount = Quantity(reading: value.stringValue ?? ""), amount.sign < 0 else { return false }
    findings.invalid(path, .integer(amount.value), "must be a valid resource quantity")
    return true
  }

  /// Of the resources that are Kubernetes' own, only storage is one of a claim.
  private static func isResource(_ name: String, _ path: FieldPath, _ findings: inout Findings) -> Bool {
    let problems = NameRules.labelKey(name)
    findings.invalid(path, .string(name), problems)
    guard problems.isEmpty else { return false }
    guard name != "storage", !name.contains("/") || name.contains("kubernetes.io/") else { return true }
    findings.add(.notSupported(path, .string(name), ["storage"]))
    return false
  }

  private static func update(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let before = old["spec"] ?? [:]
    var masked = spec
    let isBound = new.text("status", "phase") == "Bound"
    masked.editObject { object in
      // The volume is noted once, a class may be filled in once, attributes may change.
      if before.text("volumeName").isEmpty { object["volumeName"] = before["volumeName"] }
      if !before.has("storageClassName") { object["storageClassName"] = before["storageClassName"] }
      if isBound { object["volumeAttributesClassName"] = before["volumeAttributesClassName"] }
    }
    if isBound {
      masked.edit("resources", "requests") { requests in
        requests.editObject { $0["storage"] = before["resources"]?["requests"]?["storage"] }
      }
    }
    if masked != before {
      // Shown without what may change: the volume stands in both.
      var (shown, shownBefore) = (masked, before)
      if before.text("volumeName").isEmpty {
        shown.editObject { $0["volumeName"] = spec["volumeName"] }
        shownBefore.editObject { $0["volumeName"] = spec["volumeName"] }
      }
      findings.forbidden(
        path,
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
          + InternalForm.difference(shownBefore, shown, "core.PersistentVolumeClaimSpec"))
    }
    size(spec, before, old["status"]?["capacity"], path, &findings)
    findings.immutable(spec["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
    annotation(new, old, &findings)
    attributes(spec, before, old["status"], path, &findings)
  }

  /// A class of attributes that the volume has taken on can be changed and no longer removed.
  private static func attributes(
    _ spec: JSONValue, _ before: JSONValue, _ status: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    let name = "volumeAttributesClassName"
    guard spec[name] != before[name], status?.has("currentVolumeAttributesClassName") == true else { return }
    let condition = "is forbidden when status.currentVolumeAttributesClassName is not nil"
    if !spec.has(name) {
      findings.forbidden(path.child(name), "update to nil \(condition)")
    } else if spec.text(name).isEmpty {
      findings.forbidden(path.child(name), "update to empty string \(condition)")
    }
  }

  /// A claim grows; it shrinks only to get over a growth that failed.
  private static func size(
    _ spec: JSONValue, _ before: JSONValue, _ capacity: JSONValue?, _ path: FieldPath, _ findings: inout Findings
  ) {
    func storage(_ amounts: JSONValue?) -> Quantity {
      (amounts?.text("storage")).flatMap(Quantity.init(reading:)) ?? .zero
    }
    let size = storage(spec["resources"]?["requests"])
    guard size < storage(before["resources"]?["requests"]) else { return }
    if size <= storage(capacity) {
      findings.forbidden(
        path.child("resources", "requests", "storage"), "field can not be less than status.capacity")
    }
  }
}
