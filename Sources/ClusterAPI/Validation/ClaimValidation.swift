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
    StorageValidation.modes(spec, path, &findings)
    SelectorValidation.validate(spec["selector"], path.child("selector"), &findings)
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
      if source.text("apiGroup").isEmpty, source.text("kind") != "PersistentVolumeClaim" {
        findings.invalid(
          path, source["kind"], "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
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
        findings.invalid(
          path, .string("\(path.child("dataSource"))"),
          "may not be specified when dataSourceRef.namespace is specified")
      } else if ["apiGroup", "kind", "name"].contains(where: { source.text($0) != reference.text($0) }) {
        findings.invalid(path, .string("\(path.child("dataSource"))"), "must match dataSourceRef")
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
    let path = FieldPath("status")
    for list in ["capacity", "allocatedResources"] {
      for (name, value) in MetadataValidation.sorted(claim["status"]?[list]) {
        guard let amount = Quantity(reading: value.stringValue ?? ""), amount.sign < 0 else { continue }
        findings.invalid(
          path.child(list).key(name), .integer(amount.value), "must be a valid resource quantity")
      }
    }
  }

  private static func update(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let before = old["spec"] ?? [:]
    var masked = spec
    let isBound = old.text("status", "phase") == "Bound"
    masked.editObject { object in
      // The volume is noted once, a class may be filled in once, attributes may change.
      if before.text("volumeName").isEmpty { object["volumeName"] = before["volumeName"] }
      if !before.has("storageClassName") { object["storageClassName"] = before["storageClassName"] }
      if isBound, object["volumeAttributesClassName"] != nil {
        object["volumeAttributesClassName"] = before["volumeAttributesClassName"]
      }
    }
    if isBound {
      masked.edit("resources", "requests") { requests in
        requests.editObject { $0["storage"] = before["resources"]?["requests"]?["storage"] }
      }
    }
    if masked != before {
      findings.forbidden(
        path,
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n")
    }
    findings.immutable(spec["volumeMode"], before["volumeMode"], FieldPath("volumeMode"))
    annotation(new, old, &findings)
    if before.has("volumeAttributesClassName") {
      let path = path.child("volumeAttributesClassName")
      if !spec.has("volumeAttributesClassName") {
        findings.forbidden(path, "update from non-nil value to nil is forbidden")
      } else if spec.text("volumeAttributesClassName").isEmpty, !before.text("volumeAttributesClassName").isEmpty {
        findings.forbidden(path, "update from non-nil value to an empty string is forbidden")
      }
    }
    guard let now = spec["resources"]?["requests"]?.text("storage"), let size = Quantity(reading: now),
      let was = before["resources"]?["requests"]?.text("storage"), let oldSize = Quantity(reading: was), size < oldSize
    else { return }
    let capacity = (old["status"]?["capacity"]?.text("storage")).flatMap(Quantity.init(reading:))
    if size <= capacity ?? .zero {
      findings.forbidden(
        path.child("resources", "requests", "storage"), "field can not be less than status.capacity")
    }
  }
}
