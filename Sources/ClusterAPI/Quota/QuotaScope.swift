import APIMachinery

/// One condition of those under which an object counts against a quota (`v1` ScopedResourceSelectorRequirement).
public struct QuotaScope: Sendable, Hashable, CustomStringConvertible {
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

  /// Nil where the operator is none.
  public init?(_ requirement: JSONValue) {
    guard let known = Operator(rawValue: requirement.text("operator")) else { return nil }
    self.init(
      name: requirement.text("scopeName"), operator: known,
      values: requirement.items("values").compactMap(\.stringValue))
  }

  /// As Go prints it.
  public var description: String { "{\(name) \(self.operator.rawValue) [\(values.joined(separator: " "))]}" }

  /// The scopes of a quota's spec: those of the list, and those of the selector.
  static func all(ofSpec spec: JSONValue) -> [QuotaScope] {
    let plain = spec.items("scopes").compactMap(\.stringValue).map { QuotaScope(name: $0) }
    return plain + (spec["scopeSelector"]?.items("matchExpressions") ?? []).compactMap { QuotaScope($0) }
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
