extension CELProgram {
  /// Whether the expression selects a field of a variable anywhere: `variable.field`, `variable.?field` or
  /// `has(variable.field)`.
  public func selects(_ field: String, of variable: String) -> Bool {
    var visited: Set<Int> = []
    return Self.selects(field, of: variable, in: checked.root, &visited)
  }

  /// - Parameter visited: nodes that do not; macros put what they are given into their expansion more than once.
  private static func selects(
    _ field: String, of variable: String, in node: CELExpression, _ visited: inout Set<Int>
  ) -> Bool {
    guard visited.insert(node.id).inserted else { return false }
    switch node.kind {
    case .select(let operand, let name, _):
      if name == field, isIdentifier(operand, variable) { return true }
    case .call(CELOperator.optionalSelect, _, let arguments):
      if arguments.count == 2, isIdentifier(arguments[0], variable), case .literal(.string(field)) = arguments[1].kind {
        return true
      }
    default: break
    }
    for child in node.kind.children where selects(field, of: variable, in: child, &visited) { return true }
    return false
  }

  private static func isIdentifier(_ node: CELExpression, _ name: String) -> Bool {
    if case .identifier(name) = node.kind { true } else { false }
  }
}
