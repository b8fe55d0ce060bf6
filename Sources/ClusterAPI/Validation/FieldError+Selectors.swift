import APIMachinery

extension FieldError {
  private static let selectorMembers = ["matchLabels", "matchExpressions"]

  /// The same error, where its value is a selector of labels as upstream shows it: its two members in their order, and nothing
  /// that holds nothing.
  var showingSelectors: FieldError {
    guard case .object(let selector)? = value, !selector.isEmpty,
      selector.allSatisfy({ Self.selectorMembers.contains($0.name) })
    else { return self }
    let shown = Self.selectorMembers.compactMap { name in selector[name].map { (name, Self.sorted($0)) } }
    return FieldError(
      kind, field: field, value: .object(JSONObject(shown.filter { !Self.isEmpty($0.1) })), detail: detail
    )
    .inOrder
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let object):
      .object(JSONObject(object.sorted.map { ($0.name, $0.value) }.filter { !isEmpty($0.1) }))
    case .array(let items): .array(items.map(sorted))
    default: value
    }
  }

  private static func isEmpty(_ value: JSONValue) -> Bool { value == [] || value == [:] }
}
