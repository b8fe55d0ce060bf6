import APIMachinery

/// What is wrong with a rule of an audit policy, in kube-apiserver's words.
enum AuditPolicyRules {
  private static let members: Set<String> = [
    "level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages",
    "omitManagedFields",
  ]

  static func violations(of rule: JSONValue, _ path: FieldPath) -> [FieldError] {
    var errors: [FieldError] = []
    let levels = AuditLevel.allCases.map(\.rawValue)
    switch rule["level"]?.stringValue {
    case nil, "": errors.append(.required(path.child("level")))
    case let level? where !levels.contains(level):
      errors.append(.notSupported(path.child("level"), .string(level), levels))
    default: break
    }
    for (index, item) in (rule["nonResourceURLs"]?.arrayValue ?? []).enumerated() {
      guard let url = item.stringValue, url != "*" else { continue }
      let path = path.child("nonResourceURLs").index(index)
      if !url.hasPrefix("/") {
        errors.append(.invalid(path, item, "non-resource URL rules must begin with a '/' character"))
      }
      if url.dropLast().contains("*") {
        errors.append(
          .invalid(path, item, "non-resource URL wildcards '*' must be the final character of the rule"))
      }
    }
    for item in rule["resources"]?.arrayValue ?? [] {
      let path = path.child("resources")
      let group = item["group"]?.stringValue ?? ""
      let problems = group.isEmpty ? [] : NameRules.dns1123Subdomain(group)
      if !problems.isEmpty {
        errors.append(.invalid(path.child("group"), .string(group), problems.joined(separator: ",")))
      }
      if let names = item["resourceNames"]?.arrayValue, !names.isEmpty,
        (item["resources"]?.arrayValue ?? []).isEmpty
      {
        errors.append(
          .invalid(
            path.child("resourceNames"), .array(names), "using resourceNames requires at least one resource"))
      }
    }
    errors += violations(ofStages: rule["omitStages"], path.child("omitStages"))
    if let urls = rule["nonResourceURLs"]?.arrayValue, !urls.isEmpty,
      ["resources", "namespaces"].contains(where: { !(rule[$0]?.arrayValue ?? []).isEmpty })
    {
      errors.append(
        .invalid(
          path.child("nonResourceURLs"), .array(urls),
          "rules cannot apply to both regular resources and non-resource URLs"))
    }
    for name in rule.objectValue?.keys ?? [] where !members.contains(name) {
      errors.append(.invalid(path.child(name), rule[name], "unknown field"))
    }
    return errors
  }

  static func violations(ofStages stages: JSONValue?, _ path: FieldPath) -> [FieldError] {
    let known = AuditStage.allCases.map(\.rawValue)
    return (stages?.arrayValue ?? []).enumerated().compactMap { index, stage in
      known.contains(stage.stringValue ?? "")
        ? nil : .invalid(path.index(index), stage, "allowed stages are \(known.joined(separator: ","))")
    }
  }
}
