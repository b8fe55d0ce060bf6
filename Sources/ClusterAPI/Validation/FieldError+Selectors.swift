import APIMachinery

extension FieldError {
  /// The same error, where its value is a selector of labels with its two members in the order that upstream shows them in.
  var showingSelectors: FieldError {
    guard case .object(let selector)? = value, selector.count == 2, let expressions = selector["matchExpressions"],
      case .object(let labels)? = selector["matchLabels"]
    else { return self }
    let ordered = JSONObject([
      ("matchLabels", JSONValue.object(JSONObject(labels.sorted.map { ($0.name, $0.value) }))),
      ("matchExpressions", .array((expressions.arrayValue ?? []).map(Self.sorted))),
    ])
    return FieldError(kind, field: field, value: .object(ordered), detail: detail).inOrder
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    guard case .object(let object) = value else { return value }
    return .object(JSONObject(object.sorted.map { ($0.name, $0.value) }))
  }
}
