import APIMachinery

/// One condition of those under which an object counts against a quota (`v1` ScopedResourceSelectorRequirement).
public struct QuotaScope: Sendable, Hashable {
  public enum Operator: String, Sendable {
    case `in` = "In", notIn = "NotIn", exists = "Exists", doesNotExist = "DoesNotExist"
  }
  public let name: String
  public let `operator`: Operator
  public let values: [String]

  init(name: String, operator: Operator = .exists, values: [String] = []) {
    self.name = name
    self.operator = `operator`
    self.values = values
  }

  /// The scopes of a quota's spec: those of the list, and those of the selector.
  static func all(ofSpec spec: JSONValue) -> [QuotaScope] {
    let plain = spec.items("scopes").compactMap(\.stringValue).map { QuotaScope(name: $0) }
    let selected = (spec["scopeSelector"]?.items("matchExpressions") ?? []).compactMap { expression in
      Operator(rawValue: expression.text("operator")).map {
        QuotaScope(
          name: expression.text("scopeName"), operator: $0,
          values: expression.items("values").compactMap(\.stringValue))
      }
    }
    return plain + selected
  }

  /// Whether a name, or one that is not set (nil), meets the condition.
  func matches(_ value: String?) -> Bool {
    switch `operator` {
    case .exists: value != nil
    case .doesNotExist: value == nil
    case .in: value.map(values.contains) ?? false
    case .notIn: value.map { !values.contains($0) } ?? true
    }
  }
}
