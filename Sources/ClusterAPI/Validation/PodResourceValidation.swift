import APIMachinery

/// What a pod as a whole asks for, and may use, together with what its containers do (KEP-2837).
enum PodResourceValidation {
  static func validate(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let resources = spec["resources"] else { return }
    if spec["os"]?["name"] == "windows" { return findings.forbidden(path, "may not be set for a windows pod") }
    if resources["claims"].map({ !$0.isNull }) == true {
      findings.forbidden(path.child("claims"), "claims may not be set for Resources at pod-level")
    }
    ResourceValidation.validate(resources, path, isPod: true, &findings)
    let claims = spec.items("resourceClaims").map { $0.text("name") }
    ResourceValidation.claims(resources, claims, path.child("claims"), &findings)
    let requests = ContainerRequests.together(of: "requests", spec) { resources["requests"]?.has($0) == true }
    for (name, value) in MetadataValidation.sorted(resources["requests"]) {
      guard let whole = Quantity(reading: value.stringValue ?? ""), let together = requests[name], together > whole
      else { continue }
      findings.invalid(
        path.child("requests").key(name), .string(whole.description),
        "must be greater than or equal to aggregate container requests of \(together)")
    }
    // More huge pages cannot be promised than there are.
    let limits = ContainerRequests.together(of: "limits", spec, where: ResourceValidation.isHugePages)
    for (name, value) in MetadataValidation.sorted(resources["limits"]) where ResourceValidation.isHugePages(name) {
      guard let whole = Quantity(reading: value.stringValue ?? ""), let together = limits[name], together > whole
      else { continue }
      findings.invalid(
        path.child("limits").key(name), .string(whole.description),
        "must be greater than or equal to aggregate container limits of \(together)")
    }
    for (index, container) in spec.items("containers").enumerated() {
      for (name, value) in MetadataValidation.sorted(container["resources"]?["limits"]) {
        guard let limit = Quantity(reading: value.stringValue ?? ""),
          let whole = Quantity(reading: resources["limits"]?.text(name) ?? ""), limit > whole
        else { continue }
        findings.invalid(
          path.child("containers").index(index).key(name).child("limits"), .string(limit.description),
          "must be less than or equal to pod limits of \(whole)")
      }
    }
  }
}
