/// What runs when a function is called: its arguments, the target first.
typealias CELFunctionBody = @Sendable (_ arguments: [CELValue], _ frame: inout CELFrame) throws -> CELValue

/// One signature of a function.
struct CELOverload: Sendable {
  /// The name by which costs are told apart; cel-go's and Kubernetes' own.
  let id: String
  let isMember: Bool
  let arguments: [CELType]
  let result: CELType
  let body: CELFunctionBody

  init(
    _ id: String, member: Bool = false, _ arguments: [CELType], _ result: CELType, _ body: @escaping CELFunctionBody
  ) {
    self.id = id
    isMember = member
    self.arguments = arguments
    self.result = result
    self.body = body
  }
}

/// Functions by name, each with its overloads in the order in which they are tried.
struct CELFunctionTable: Sendable {
  private(set) var functions: [String: [CELOverload]] = [:]

  subscript(name: String) -> [CELOverload]? { functions[name] }

  mutating func add(_ name: String, _ overloads: CELOverload...) { functions[name, default: []] += overloads }

  /// Adds a function that is called as a member: `target.name(…)`.
  mutating func member(
    _ name: String, _ id: String, _ target: CELType, _ arguments: [CELType], _ result: CELType,
    _ body: @escaping CELFunctionBody
  ) {
    add(name, CELOverload(id, member: true, [target] + arguments, result, body))
  }

  /// Adds a member without arguments.
  mutating func member(
    _ name: String, _ id: String, _ target: CELType, _ result: CELType, _ body: @escaping CELFunctionBody
  ) {
    member(name, id, target, [], result, body)
  }

  /// Adds a function that is called by its name alone.
  mutating func global(
    _ name: String, _ id: String, _ arguments: [CELType], _ result: CELType, _ body: @escaping CELFunctionBody
  ) {
    add(name, CELOverload(id, arguments, result, body))
  }
}
