/// What an expression may use: variables, functions and types.
public struct CELEnvironment: Sendable {
  var variables: [String: CELType]
  private(set) var functions: CELFunctionTable
  /// Types that have names of their own: `int`, `net.IP`.
  let types: [String: CELType]
  /// The objects that an expression may put together, by name; what gives the type of a field.
  var structures: (@Sendable (_ type: String, _ field: String?) -> CELType?)?
  /// Whether `cel.bind` gives a value a name.
  private var hasBindings = false

  init(
    variables: [String: CELType], functions: CELFunctionTable, types: [String: CELType],
    structures: (@Sendable (_ type: String, _ field: String?) -> CELType?)?
  ) {
    self.variables = variables
    self.functions = functions
    self.types = types
    self.structures = structures
  }

  /// The functions and types that Kubernetes 1.36 gives to expressions, and no variables.
  public static let kubernetes = CELEnvironment(
    variables: [:], functions: CELLibrary.functions, types: CELLibrary.types, structures: nil)

  /// The same with more variables.
  public func with(_ variables: [String: CELType]) -> CELEnvironment {
    var copy = self
    copy.variables.merge(variables) { $1 }
    return copy
  }

  /// The same with objects that an expression may put together: `Name{field: value}`.
  /// - Parameter structures: the type of a field, or without a field of the object; nil where there is none.
  public func with(
    structures: @escaping @Sendable (_ type: String, _ field: String?) -> CELType?
  ) -> CELEnvironment {
    var copy = self
    copy.structures = structures
    return copy
  }

  /// The same with `cel.bind(name, value, expression)` (cel-go's extension "Bindings").
  public func withBindings() -> CELEnvironment {
    var copy = self
    copy.hasBindings = true
    return copy
  }

  /// The same with `jsonpatch.escapeKey(name)`.
  public func withPatchFunctions() -> CELEnvironment {
    var copy = self
    CELLibrary.addPatches(&copy.functions)
    return copy
  }

  /// The type of an object that an expression may put together, or of a field of it; nil where there is none.
  func structure(_ type: String, _ field: String?) -> CELType? {
    structures?(type, nil) != nil ? structures?(type, field) : CELWellKnownType.type(type, field)
  }

  /// Reads and checks an expression.
  /// - Throws: everything that is wrong with it.
  public func compile(_ text: String) throws(CELCompilationError) -> CELProgram {
    let program = try program(text)
    // What is the same whenever it is evaluated has been evaluated.
    if let failure = program.failure { throw CELCompilationError(instantiation: failure.description) }
    return program
  }

  /// Reads and checks an expression, of which a part that never changes may fail
  /// (``CELProgram/instantiationFailure``).
  public func program(_ text: String) throws(CELCompilationError) -> CELProgram {
    let source = CELSource(text)
    let (root, count, issues) = CELParser.parse(source, hasBindings: hasBindings)
    guard let root else { throw CELCompilationError(issues, in: source) }
    var checker = CELChecker(self, count: count)
    let checked = checker.check(root)
    guard checker.issues.isEmpty else { throw CELCompilationError(checker.issues, in: source) }
    let problems = CELLiteralCheck.issues(in: checked)
    guard problems.isEmpty else { throw CELCompilationError(problems, in: source) }
    return CELProgram(checked)
  }
}

/// An expression whose types are known.
struct CELCheckedExpression: Sendable {
  let root: CELExpression
  /// By the numbers of nodes.
  let types: [CELType?]
  /// What a name that is not a variable stands for.
  let constants: [Int: CELType]
  /// Which variable a selection is that is one.
  let renamed: [Int: String]
  /// Which function and which of its overloads a call can mean.
  let calls: [Int: CELResolvedCall]
  /// The variables that the expression reads.
  let references: Set<String>

  func type(_ node: CELExpression) -> CELType { types[node.id] ?? .dynamic }
}

/// What a call means.
struct CELResolvedCall: Sendable {
  let name: String
  let overloads: [CELOverload]
  /// The target is the first part of the function's name.
  let isNamespaced: Bool
}
