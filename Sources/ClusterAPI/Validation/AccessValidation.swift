import APIMachinery

/// Roles, their bindings, and requests about who may do what.
enum AccessValidation {
  static func validate(role new: JSONValue, isNamespaced: Bool, _ findings: inout Findings) {
    for (index, rule) in new.items("rules").enumerated() {
      let path = FieldPath("rules").index(index)
      if rule.items("verbs").isEmpty {
        findings.required(path.child("verbs"), "verbs must contain at least one value")
      }
      if !rule.items("nonResourceURLs").isEmpty {
        if isNamespaced {
          findings.invalid(
            path.child("nonResourceURLs"), rule["nonResourceURLs"],
            "namespaced rules cannot apply to non-resource URLs")
        }
        if !rule.items("apiGroups").isEmpty || !rule.items("resources").isEmpty || !rule.items("resourceNames").isEmpty
        {
          findings.invalid(
            path.child("nonResourceURLs"), rule["nonResourceURLs"],
            "rules cannot apply to both regular resources and non-resource URLs")
        }
        continue
      }
      if rule.items("apiGroups").isEmpty {
        findings.required(path.child("apiGroups"), "resource rules must supply at least one api group")
      }
      if rule.items("resources").isEmpty {
        findings.required(path.child("resources"), "resource rules must supply at least one resource")
      }
    }
    guard let aggregation = new["aggregationRule"] else { return }
    let path = FieldPath("aggregationRule", "clusterRoleSelectors")
    if aggregation.items("clusterRoleSelectors").isEmpty {
      findings.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    }
    for (index, selector) in aggregation.items("clusterRoleSelectors").enumerated() {
      let before = findings.errors.count
      SelectorValidation.validate(selector, path.index(index), &findings)
      if findings.errors.count > before { findings.invalid(path.index(index), .null, "invalid label selector.") }
    }
  }

  static func validate(binding new: JSONValue, _ old: JSONValue?, isNamespaced: Bool, _ findings: inout Findings) {
    let role = new["roleRef"] ?? [:]
    let path = FieldPath("roleRef")
    if role.text("apiGroup") != "rbac.authorization.k8s.io" {
      findings.add(.notSupported(path.child("apiGroup"), role["apiGroup"], ["rbac.authorization.k8s.io"]))
    }
    let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
    if !kinds.contains(role.text("kind")), role.has("kind") {
      findings.add(.notSupported(path.child("kind"), role["kind"], kinds))
    }
    let name = role.text("name")
    if !name.isEmpty { findings.invalid(path.child("name"), .string(name), NameRules.pathSegment(name)) }
    for (index, subject) in new.items("subjects").enumerated() {
      self.subject(subject, isNamespaced: isNamespaced, FieldPath("subjects").index(index), &findings)
    }
    if let old, old["roleRef"] != new["roleRef"] {
      // It is shown as Go knows it.
      let shown: JSONValue = [
        "APIGroup": .string(role.text("apiGroup")), "Kind": .string(role.text("kind")), "Name": .string(name),
      ]
      findings.invalid(path, shown, "cannot change roleRef")
    }
  }

  private static func subject(
    _ subject: JSONValue, isNamespaced: Bool, _ path: FieldPath, _ findings: inout Findings
  ) {
    let name = subject.text("name")
    switch subject.text("kind") {
    case "ServiceAccount":
      if !name.isEmpty { findings.invalid(path.child("name"), .string(name), NameRules.dns1123Subdomain(name)) }
      if !subject.text("apiGroup").isEmpty {
        findings.add(.notSupported(path.child("apiGroup"), subject["apiGroup"], [""]))
      }
      if !isNamespaced, subject.text("namespace").isEmpty { findings.required(path.child("namespace")) }
    case "User", "Group":
      if subject.text("apiGroup") != "rbac.authorization.k8s.io" {
        findings.add(
          .notSupported(path.child("apiGroup"), subject["apiGroup"] ?? "", ["rbac.authorization.k8s.io"]))
      }
    case let kind:
      if subject.has("kind") {
        findings.add(.notSupported(path.child("kind"), .string(kind), ["ServiceAccount", "User", "Group"]))
      }
    }
  }

  static func validate(review new: JSONValue, isSelf: Bool, _ findings: inout Findings) {
    let spec = new["spec"] ?? [:]
    let path = FieldPath("spec")
    let hasResource = spec.has("resourceAttributes")
    if hasResource == spec.has("nonResourceAttributes") {
      findings.invalid(
        path.child(hasResource ? "nonResourceAttributes" : "resourceAttributes"),
        hasResource ? spec["nonResourceAttributes"] : .null,
        hasResource
          ? "cannot be specified in combination with resourceAttributes"
          : "exactly one of nonResourceAttributes or resourceAttributes must be specified")
    }
    if !isSelf, spec.text("user").isEmpty, spec.items("groups").isEmpty {
      findings.invalid(path.child("user"), "", "at least one of user or group must be specified")
    }
  }
}
