extension CELProgram {
  /// Whether the expression selects a field of a variable anywhere: `variable.field`, `variable.?field` or
  /// `has(variable.field)`.
  public func selects(_ field: String, of variable: String) -> Bool {
    Self.selects(field, of: variable, in: checked.root)
  }

  private static func selects(_ field: String, of variable: String, in node: CELExpression) -> Bool {
    switch node.kind {
    case .select(let operand, let name, _):
      if name == field, isIdentifier(operand, variable) { return true }
    case .call(CELOperator.optionalSelect, _, let arguments):
      if arguments.count == 2, isIdentifier(arguments[0], variable), case .literal(.string(field)) = arguments[1].kind {
        return true
      }
    default: break
    }
    return node.kind.children.contains { selects(field, of: variable, in: $0) }
  }

  private static func isIdentifier(_ node: CELExpression, _ name: String) -> Bool {
    if case .identifier(name) = node.kind { true } else { false }
  }
}
