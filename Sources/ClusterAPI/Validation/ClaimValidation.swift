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
      object["volumeAttributesClassName"] = before["volumeAttributesClassName"]
    }
    if isBound {
      masked.edit("resources") { resources in
        resources.editObject { $0["requests"] = before["resources"]?["requests"] }
      }
    }
    if masked != before {
      findings.forbidden(
        path,
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")
    }
    guard let now = spec["resources"]?["requests"]?.text("storage"), let size = Quantity(reading: now),
      let was = before["resources"]?["requests"]?.text("storage"), let oldSize = Quantity(reading: was), size < oldSize
    else { return }
    let capacity = (old["status"]?["capacity"]?.text("storage")).flatMap(Quantity.init(reading:))
    if capacity.map({ size < $0 }) ?? true {
      findings.forbidden(
        path.child("resources", "requests", "storage"), "field can not be less than status.capacity")
    }
  }
}
