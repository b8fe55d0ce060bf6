import APIMachinery

/// Where a pod may run: node selectors, affinity, tolerations, spreading.
enum SchedulingValidation {
  // MARK: - Affinity

  private static let required = "requiredDuringSchedulingIgnoredDuringExecution"
  private static let preferred = "preferredDuringSchedulingIgnoredDuringExecution"

  static func affinity(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    guard let affinity = spec["affinity"] else { return }
    if let node = affinity["nodeAffinity"] {
      let path = path.child("nodeAffinity")
      if let selector = node[required] { nodeSelector(selector, path.child(required), &findings) }
      for (index, term) in node.items(preferred).enumerated() {
        let path = path.child(preferred).index(index)
        let weight = term["weight"]?.integerValue ?? 0
        if !(1...100).contains(weight) {
          findings.invalid(path.child("weight"), .integer(weight), "must be in the range 1-100")
        }
        // One that cannot match is no more than useless here.
        nodeTerm(term["preference"] ?? [:], path.child("preference"), allowsAnyValue: true, &findings)
      }
    }
    for name in ["podAffinity", "podAntiAffinity"] {
      guard let rules = affinity[name] else { continue }
      let path = path.child(name)
      for (index, term) in rules.items(required).enumerated() {
        podTerm(term, path.child(required).index(index), &findings)
      }
      for (index, term) in rules.items(preferred).enumerated() {
        let path = path.child(preferred).index(index)
        let weight = term["weight"]?.integerValue ?? 0
        if !(1...100).contains(weight) {
          findings.invalid(path.child("weight"), .integer(weight), "must be in the range 1-100")
        }
        podTerm(term["podAffinityTerm"] ?? [:], path.child("podAffinityTerm"), &findings)
      }
    }
  }

  static func nodeSelector(_ selector: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let terms = selector.items("nodeSelectorTerms")
    if terms.isEmpty {
      findings.required(path.child("nodeSelectorTerms"), "must have at least one node selector term")
    }
    for (index, term) in terms.enumerated() {
      nodeTerm(term, path.child("nodeSelectorTerms").index(index), &findings)
    }
  }

  private static func nodeTerm(
    _ term: JSONValue, _ path: FieldPath, allowsAnyValue: Bool = false, _ findings: inout Findings
  ) {
    for (index, requirement) in term.items("matchExpressions").enumerated() {
      let path = path.child("matchExpressions").index(index)
      nodeRequirement(requirement, path, &findings)
      let key = requirement.text("key")
      findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key))
      guard !allowsAnyValue else { continue }
      for (position, value) in requirement.items("values").enumerated() {
        findings.invalid(
          path.child("values").index(position), value, NameRules.labelValue(value.stringValue ?? ""))
      }
    }
    for (index, requirement) in term.items("matchFields").enumerated() {
      let path = path.child("matchFields").index(index)
      let values = requirement.items("values")
      switch requirement.text("operator") {
      case "In", "NotIn":
        if values.count != 1 {
          findings.required(
            path.child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
        }
      default:
        findings.invalid(path.child("operator"), requirement["operator"] ?? "", "not a valid selector operator")
      }
      if requirement.text("key") != "metadata.name" {
        findings.invalid(path.child("key"), requirement["key"] ?? "", "not a valid field selector key")
        continue
      }
      for (position, value) in values.enumerated() {
        findings.invalid(
          path.child("values").index(position), value, NameRules.dns1123Subdomain(value.stringValue ?? ""))
      }
    }
  }

  private static func nodeRequirement(_ requirement: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let values = requirement.items("values")
    switch requirement.text("operator") {
    case "Gt", "Lt":
      if values.count != 1 {
        findings.required(path.child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'")
      }
    default: SelectorValidation.countOfValues(requirement, path, &findings)
    }
  }

  private static func podTerm(_ term: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    SelectorValidation.validate(term["labelSelector"], path.child("labelSelector"), &findings)
    SelectorValidation.validate(term["namespaceSelector"], path.child("namespaceSelector"), &findings)
    for name in term.items("namespaces") {
      findings.invalid(path.child("namespace"), name, NameRules.dns1123Label(name.stringValue ?? ""))
    }
    for name in ["matchLabelKeys", "mismatchLabelKeys"] { labelKeys(term, name, path.child(name), &findings) }
    repeatedKeys(term, path, &findings)
    let others = term.items("mismatchLabelKeys")
    for (index, key) in term.items("matchLabelKeys").enumerated() where others.contains(key) {
      findings.invalid(
        path.child("matchLabelKeys").index(index), key, "exists in both matchLabelKeys and mismatchLabelKeys")
    }
    let key = term.text("topologyKey")
    if key.isEmpty { findings.required(path.child("topologyKey"), "can not be empty") }
    findings.invalid(path.child("topologyKey"), .string(key), NameRules.labelKey(key))
  }

  private static func labelKeys(_ term: JSONValue, _ name: String, _ path: FieldPath, _ findings: inout Findings) {
    let keys = term.items(name)
    guard !keys.isEmpty else { return }
    guard term.has("labelSelector") else {
      return findings.forbidden(path, "must not be specified when labelSelector is not set")
    }
    for (index, key) in keys.enumerated() {
      findings.invalid(path.index(index), key, NameRules.labelKey(key.stringValue ?? ""))
    }
  }

  /// The selector has what was made of the keys by now: a second requirement of the same key is the client's own.
  private static func repeatedKeys(_ term: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let keys = term.items("matchLabelKeys")
    guard !keys.isEmpty, let selector = term["labelSelector"] else { return }
    var known = Set((selector["matchLabels"]?.objectValue?.keys ?? []).map { JSONValue.string($0) })
    for requirement in selector.items("matchExpressions") {
      let key = requirement["key"] ?? ""
      if let index = keys.lastIndex(of: key), known.contains(key) {
        findings.invalid(path.index(index), key, "exists in both matchLabelKeys and labelSelector")
      }
      known.insert(key)
    }
  }

  // MARK: - Tolerations

  static func tolerations(_ tolerations: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    for (index, toleration) in tolerations.enumerated() {
      let path = path.index(index)
      let key = toleration.text("key")
      if !key.isEmpty { findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key)) }
      let comparison = toleration.text("operator")
      if key.isEmpty, comparison != "Exists" {
        findings.invalid(
          path.child("operator"), .string(comparison),
          "operator must be Exists when `key` is empty, which means \"match all values and all keys\"")
      }
      if toleration.has("tolerationSeconds"), toleration.text("effect") != "NoExecute" {
        findings.invalid(
          path.child("effect"), .string(toleration.text("effect")),
          "effect must be 'NoExecute' when `tolerationSeconds` is set")
      }
      let value = toleration.text("value")
      switch comparison {
      case "", "Equal":
        let problems = NameRules.labelValue(value)
        if !problems.isEmpty {
          findings.invalid(path.child("operator"), .string(value), problems.joined(separator: ";"))
        }
      case "Exists":
        if !value.isEmpty {
          findings.invalid(path.child("operator"), .string(value), "value must be empty when `operator` is 'Exists'")
        }
      // Comparisons are of a feature that is off (TaintTolerationComparisonOperators).
      case "Lt", "Gt":
        findings.add(
          .notSupported(path.child("operator"), .string(comparison), ["Equal", "Exists", "Lt", "Gt"]))
      default: findings.add(.notSupported(path.child("operator"), .string(comparison), ["Equal", "Exists"]))
      }
      effect(toleration.text("effect"), path.child("effect"), &findings)
    }
  }

  private static func effect(_ effect: String, _ path: FieldPath, _ findings: inout Findings) {
    let known = ["NoSchedule", "PreferNoSchedule", "NoExecute"]
    if !effect.isEmpty, !known.contains(effect) { findings.add(.notSupported(path, .string(effect), known)) }
  }

  static func taints(_ taints: [JSONValue], _ path: FieldPath, _ findings: inout Findings) {
    var seen: Set<String> = []
    for (index, taint) in taints.enumerated() {
      let path = path.index(index)
      let key = taint.text("key")
      findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key))
      let value = taint.text("value")
      let problems = NameRules.labelValue(value)
      if !problems.isEmpty { findings.invalid(path.child("value"), .string(value), problems.joined(separator: ";")) }
      if taint.text("effect").isEmpty { findings.required(path.child("effect")) }
      effect(taint.text("effect"), path.child("effect"), &findings)
      if !seen.insert(key + "\u{0}" + taint.text("effect")).inserted {
        findings.add(
          FieldError(
            .duplicate, field: path.description, value: InternalForm.of(taint, "core.Taint"),
            detail: "taints must be unique by key and effect pair"
          ).inOrder)
      }
    }
  }

  // MARK: - Spreading

  static func spread(_ spec: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let constraints = spec.items("topologySpreadConstraints")
    for (index, constraint) in constraints.enumerated() {
      let path = path.index(index)
      let skew = constraint["maxSkew"]?.integerValue ?? 0
      if skew <= 0 { findings.invalid(path.child("maxSkew"), .integer(skew), "must be greater than zero") }
      let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"))
      if key.isEmpty { findings.required(path.child("topologyKey"), "can not be empty") }
      findings.supported(constraint, "whenUnsatisfiable", ["DoNotSchedule", "ScheduleAnyway"], path)
      let isRepeated = constraints.dropFirst(index + 1).contains {
        $0.text("topologyKey") == key && $0.text("whenUnsatisfiable") == action
      }
      if isRepeated {
        findings.add(.duplicate(path.child("{topologyKey, whenUnsatisfiable}"), .string("{\(key), \(action)}")))
      }
      if let count = constraint["minDomains"]?.integerValue {
        if count <= 0 { findings.invalid(path.child("minDomains"), .integer(count), "must be greater than zero") }
        if action != "DoNotSchedule" {
          findings.invalid(
            path.child("minDomains"), .integer(count),
            "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)")
        }
      }
      labelKeys(constraint, "matchLabelKeys", path.child("matchLabelKeys"), &findings)
      repeatedKeys(constraint, path, &findings)
      SelectorValidation.validate(constraint["labelSelector"], path.child("labelSelector"), &findings)
    }
  }
}
