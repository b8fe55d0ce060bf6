/// Finds the type of every part of an expression, and what is wrong with it (CEL language definition, "Gradual Type
/// Checking"). Messages are cel-go's, for users read them.
struct CELChecker {
  private let environment: CELEnvironment
  private var unifier = CELTypeUnifier()
  private var types: [CELType?]
  private var constants: [Int: CELType] = [:]
  private var calls: [Int: CELResolvedCall] = [:]
  private var references: Set<String> = []
  private var renamed: [Int: String] = [:]
  private var scopes: [[String: CELType]] = []
  private(set) var issues: [CELIssue] = []
  /// The nodes in which something is wrong.
  private var wrong: Set<Int> = []

  private static let mostRepeated = 100

  init(_ environment: CELEnvironment, count: Int) {
    self.environment = environment
    types = Array(repeating: nil, count: count)
  }

  mutating func check(_ root: CELExpression) -> CELCheckedExpression {
    _ = type(root)
    return CELCheckedExpression(
      root: root, types: types.map { type in type.map { unifier.substitute($0, toDynamic: true) } },
      constants: constants, renamed: renamed, calls: calls, references: references)
  }

  private mutating func fail(_ node: CELExpression, _ message: String) {
    issues.append(CELIssue(offset: node.offset, message: message))
  }

  private mutating func mismatch(_ node: CELExpression, _ expected: CELType, _ found: CELType) {
    let (expected, found) = (unifier.substitute(expected), unifier.substitute(found))
    fail(node, "expected type '\(expected)' but found '\(found)'")
  }

  private mutating func undeclared(_ node: CELExpression, _ name: String) {
    fail(node, "undeclared reference to '\(name)' (in container '')")
  }

  /// The type of a node, found once.
  private mutating func type(_ node: CELExpression) -> CELType {
    // What is wrong is told each time that a macro repeats it, as long as there is little of it.
    if let known = types[node.id], !wrong.contains(node.id) || issues.count > Self.mostRepeated { return known }
    let before = issues.count
    let type = find(node)
    if issues.count > before { wrong.insert(node.id) }
    types[node.id] = type
    return type
  }

  private mutating func find(_ node: CELExpression) -> CELType {
    switch node.kind {
    case .literal(let value): value.type
    case .identifier(let name): identifier(node, name)
    case .select(let operand, let field, let isTest): select(node, operand, field, isTest: isTest)
    case .call(let name, let target, let arguments): call(node, name, target, arguments)
    case .list(let elements, let optional): list(elements, optional)
    case .map(let entries): map(entries)
    case .structure(let name, let fields): structure(node, name, fields)
    case .comprehension(let fold): comprehension(fold)
    }
  }

  // MARK: Names

  private mutating func lookUp(_ name: String) -> CELType? {
    for scope in scopes.reversed() { if let type = scope[name] { return type } }
    if let type = environment.variables[name] {
      references.insert(name)
      return type
    }
    return nil
  }

  private mutating func identifier(_ node: CELExpression, _ name: String) -> CELType {
    let bare = name.hasPrefix(".") ? String(name.dropFirst()) : name
    if let type = lookUp(bare) { return type }
    if let type = environment.types[bare] {
      constants[node.id] = type
      return .type(type)
    }
    undeclared(node, name)
    return .failure
  }

  /// `a.b.c` as one name; nil where it is none.
  private func qualifiedName(_ node: CELExpression) -> String? {
    switch node.kind {
    case .identifier(let name): name
    case .select(let operand, let field, false): qualifiedName(operand).map { "\($0).\(field)" }
    default: nil
    }
  }

  private mutating func select(
    _ node: CELExpression, _ operand: CELExpression, _ field: String, isTest: Bool
  ) -> CELType {
    if !isTest, let name = qualifiedName(node) {
      if let type = environment.types[name] {
        constants[node.id] = type
        return .type(type)
      }
      // A variable may have a name with dots; a fold's variable comes before it.
      let first = name.prefix { $0 != "." }
      if let type = environment.variables[name], !scopes.contains(where: { $0[String(first)] != nil }) {
        references.insert(name)
        renamed[node.id] = name
        return type
      }
    }
    let result = fieldType(node, operand, field, isOptional: false)
    return isTest ? .bool : unifier.substitute(result)
  }

  private mutating func fieldType(
    _ node: CELExpression, _ operand: CELExpression, _ field: String, isOptional: Bool
  ) -> CELType {
    let operandType = unifier.substitute(type(operand))
    let target = operandType.unwrapped ?? operandType
    var result = CELType.dynamic
    switch target {
    case .map(_, let value): result = value
    case .object(let object):
      if let found = object.fields[object.fieldName(field)] {
        result = found.type.type
      } else {
        fail(node, "undefined field '\(field)'")
        result = .failure
      }
    case .opaque(let name, _) where environment.structures?(name, nil) != nil:
      if let found = environment.structures?(name, field) {
        result = found
      } else {
        fail(node, "undefined field '\(field)'")
        result = .failure
      }
    case .parameter: _ = unifier.assign(.dynamic, target)
    case .dynamic, .failure: break
    // Kubernetes' types say that they have fields, and then nobody knows them.
    case .opaque(let name, []) where name.hasPrefix("kubernetes."):
      fail(node, "unexpected failed resolution of '\(name)'")
    default: fail(node, "type '\(target)' does not support field selection")
    }
    return operandType.unwrapped != nil || isOptional ? .optional(result) : result
  }

  // MARK: Calls

  private mutating func call(
    _ node: CELExpression, _ name: String, _ target: CELExpression?, _ arguments: [CELExpression]
  ) -> CELType {
    if name == CELOperator.optionalSelect, arguments.count == 2, case .literal(.string(let field)) = arguments[1].kind {
      _ = type(arguments[1])
      return unifier.substitute(fieldType(node, arguments[0], field, isOptional: true))
    }
    for argument in arguments { _ = type(argument) }
    guard let target else {
      let bare = name.hasPrefix(".") ? String(name.dropFirst()) : name
      guard let overloads = environment.functions[bare] else {
        undeclared(node, name)
        return .failure
      }
      return resolve(node, bare, overloads, nil, arguments, isNamespaced: false)
    }
    if let prefix = qualifiedName(target), let overloads = environment.functions["\(prefix).\(name)"] {
      return resolve(node, "\(prefix).\(name)", overloads, nil, arguments, isNamespaced: true)
    }
    _ = type(target)
    guard let overloads = environment.functions[name] else {
      undeclared(node, name)
      return .failure
    }
    return resolve(node, name, overloads, target, arguments, isNamespaced: false)
  }

  private mutating func resolve(
    _ node: CELExpression, _ name: String, _ overloads: [CELOverload], _ target: CELExpression?,
    _ arguments: [CELExpression], isNamespaced: Bool
  ) -> CELType {
    let all = (target.map { [$0] } ?? []) + arguments
    let given = all.map { types[$0.id] ?? .dynamic }
    if name == CELOperator.logicalAnd || name == CELOperator.logicalOr {
      var isWrong = false
      for (argument, found) in zip(all, given) where !unifier.assign(found, .bool) {
        mismatch(argument, .bool, found)
        isWrong = true
      }
      calls[node.id] = CELResolvedCall(name: name, overloads: overloads, isNamespaced: false)
      return isWrong ? .failure : .bool
    }
    var result: CELType?
    var fitting: [CELOverload] = []
    for overload in overloads where overload.isMember == (target != nil) {
      let signature = unifier.instantiate([overload.result] + overload.arguments)
      guard unifier.assign(given, Array(signature.dropFirst())) else { continue }
      fitting.append(overload)
      let found = unifier.substitute(signature[0])
      if let known = result {
        if !known.isDynamic, known != found { result = .dynamic }
      } else {
        result = found
      }
    }
    guard let result else {
      let shown = given.map { unifier.substitute($0, toDynamic: true).description }
      let signature =
        target == nil
        ? "(\(shown.joined(separator: ", ")))" : "\(shown[0]).(\(shown.dropFirst().joined(separator: ", ")))"
      fail(node, "found no matching overload for '\(name)' applied to '\(signature)'")
      return .failure
    }
    calls[node.id] = CELResolvedCall(name: name, overloads: fitting, isNamespaced: isNamespaced)
    return result
  }

  // MARK: Aggregates

  private mutating func join(_ previous: CELType?, _ current: CELType) -> CELType {
    guard let previous else { return current }
    // Whether literals may be mixed is judged when everything is known.
    return unifier.assign(previous, current) ? CELTypeUnifier.mostGeneral(previous, current) : .dynamic
  }

  private mutating func unwrap(_ node: CELExpression, _ found: CELType) -> CELType {
    if let inner = found.unwrapped { return inner }
    if !found.isDynamic { mismatch(node, .optional(found), found) }
    return found
  }

  private mutating func list(_ elements: [CELExpression], _ optional: Set<Int>) -> CELType {
    var joined: CELType?
    for (index, element) in elements.enumerated() {
      var found = type(element)
      if optional.contains(index) { found = unwrap(element, found) }
      joined = join(joined, found)
    }
    return .list(joined ?? unifier.newVariable())
  }

  private mutating func map(_ entries: [CELExpression.Entry]) -> CELType {
    var keys: CELType?
    var values: CELType?
    for entry in entries {
      keys = join(keys, type(entry.key))
      var found = type(entry.value)
      if entry.isOptional { found = unwrap(entry.value, found) }
      values = join(values, found)
    }
    guard let keys, let values else { return .map(unifier.newVariable(), unifier.newVariable()) }
    return .map(keys, values)
  }

  private mutating func structure(
    _ node: CELExpression, _ name: String, _ fields: [CELExpression.Field]
  ) -> CELType {
    guard let result = environment.structure(name, nil) else {
      if environment.types[name] != nil {
        fail(node, "'\(name)' is not a message type")
      } else {
        undeclared(node, name)
      }
      return .failure
    }
    for field in fields {
      var found = type(field.value)
      guard let expected = environment.structure(name, field.name) else {
        issues.append(CELIssue(offset: field.offset, message: "undefined field '\(field.name)'"))
        continue
      }
      if field.isOptional { found = unwrap(field.value, found) }
      if !unifier.assign(expected, found) {
        issues.append(
          CELIssue(
            offset: field.offset,
            message: "expected type of field '\(field.name)' is '\(unifier.substitute(expected))'"
              + " but provided type is '\(unifier.substitute(found))'"))
      }
    }
    return result
  }

  // MARK: Folds

  private mutating func comprehension(_ fold: CELExpression.Comprehension) -> CELType {
    let range = unifier.substitute(type(fold.range))
    let accumulated = type(fold.initial)
    var first = CELType.failure
    var second = CELType.failure
    switch range {
    case .list(let element):
      first = fold.secondVariable == nil ? element : .int
      second = element
    case .map(let key, let value):
      first = key
      second = value
    case .dynamic, .failure, .parameter:
      _ = unifier.assign(.dynamic, range)
      first = .dynamic
      second = .dynamic
    default:
      fail(
        fold.range,
        "expression of type '\(range)' cannot be range of a comprehension (must be list, map, or dynamic)")
    }
    scopes.append([fold.accumulator: accumulated])
    var variables = [fold.variable: first]
    if let name = fold.secondVariable { variables[name] = second }
    scopes.append(variables)
    let condition = type(fold.condition)
    if !unifier.assign(.bool, condition) { mismatch(fold.condition, .bool, condition) }
    let step = type(fold.step)
    if !unifier.assign(accumulated, step) { mismatch(fold.step, accumulated, step) }
    scopes.removeLast()
    let result = type(fold.result)
    scopes.removeLast()
    return unifier.substitute(result)
  }
}
