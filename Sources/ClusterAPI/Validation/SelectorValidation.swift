import APIMachinery

/// Label selectors, and whether they match labels.
enum SelectorValidation {
  static func validate(_ selector: JSONValue?, _ path: FieldPath, _ findings: inout Findings) {
    guard let selector else { return }
    MetadataValidation.labels(selector["matchLabels"], path.child("matchLabels"), &findings)
    for (index, requirement) in selector.items("matchExpressions").enumerated() {
      let path = path.child("matchExpressions").index(index)
      countOfValues(requirement, path, &findings)
      let values = requirement.items("values")
      let key = requirement.text("key")
      findings.invalid(path.child("key"), .string(key), NameRules.labelKey(key))
      for (position, value) in values.enumerated() {
        findings.invalid(
          path.child("values").index(position), value, NameRules.labelValue(value.stringValue ?? ""))
      }
    }
  }

  /// Which operators need values, and which have none.
  static func countOfValues(_ requirement: JSONValue, _ path: FieldPath, _ findings: inout Findings) {
    let isEmpty = requirement.items("values").isEmpty
    switch requirement.text("operator") {
    case "In", "NotIn":
      if isEmpty { findings.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'") }
    case "Exists", "DoesNotExist":
      if !isEmpty {
        findings.forbidden(path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    default: findings.invalid(path.child("operator"), requirement["operator"] ?? "", "not a valid selector operator")
    }
  }

  /// Whether the selector has a meaning: clients that select by it can.
  static func parses(_ selector: JSONValue?) -> Bool {
    (selector?.items("matchExpressions") ?? []).allSatisfy { requirement in
      let isEmpty = requirement.items("values").isEmpty
      let key = requirement.text("key")
      let values = requirement.items("values").allSatisfy { NameRules.labelValue($0.stringValue ?? "").isEmpty }
      guard NameRules.labelKey(key).isEmpty, values else { return false }
      return switch requirement.text("operator") {
      case "In", "NotIn": !isEmpty
      case "Exists", "DoesNotExist": isEmpty
      default: false
      }
    }
      && (selector?["matchLabels"]?.objectValue ?? [:]).allSatisfy { key, value in
        NameRules.labelKey(key).isEmpty && NameRules.labelValue(value.stringValue ?? "").isEmpty
      }
  }

  static func isEmpty(_ selector: JSONValue?) -> Bool {
    (selector?["matchLabels"]?.objectValue?.isEmpty ?? true) && (selector?.items("matchExpressions").isEmpty ?? true)
  }

  /// Whether a label selector chooses an object with these labels.
  static func matches(_ selector: JSONValue?, _ labels: JSONValue?) -> Bool {
    guard let selector, !selector.isNull else { return false }
    for (key, value) in selector["matchLabels"]?.objectValue ?? [:] where labels?[key] != value { return false }
    return selector.items("matchExpressions").allSatisfy { requirement in
      let value = labels?[requirement.text("key")]
      let values = requirement.items("values")
      return switch requirement.text("operator") {
      case "In": value.map(values.contains) ?? false
      case "NotIn": value.map { !values.contains($0) } ?? true
      case "Exists": value != nil
      case "DoesNotExist": value == nil
      default: false
      }
    }
  }

  /// The same for a selector that is a plain map.
  static func matches(map selector: JSONValue?, _ labels: JSONValue?) -> Bool {
    (selector?.objectValue ?? [:]).allSatisfy { labels?[$0.0] == $0.1 }
  }
}
