import APIMachinery

/// What a pod as a whole asks for, and may use, together with what its containers do (KEP-2837).
enum PodResourceValidation {
  static func validate(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let resources = spec["resources"] else { return }
    if resources.has("claims") {
      findings.forbidden(path.child("claims"), "claims cannot be set for Resources at pod-level")
    }
    ResourceValidation.validate(resources, path, isPod: true, &findings)
    for name in ["cpu", "memory"] {
      guard let together = ContainerRequests.together(name, spec) else { continue }
      let whole = Quantity(reading: resources["requests"]?.text(name) ?? "") ?? .zero
      if together > whole {
        findings.invalid(
          path.child("requests").key(name), .string(whole.description),
          "must be greater than or equal to aggregate container requests of \(together)")
      }
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
