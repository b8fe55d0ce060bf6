import APIMachinery

/// An expression of a policy or a webhook, compiled once.
struct AdmissionExpression: Sendable {
  enum Outcome: Sendable {
    case value(CELValue)
    case failed(String)
    /// What all expressions may cost together is used up.
    case outOfBudget(String)
  }

  /// What expressions that belong together may cost (Kubernetes, "Resource use by CEL functions").
  static let budget: Int64 = 10_000_000
  /// The same for the conditions of a webhook or a policy.
  static let conditionBudget = budget / 4

  let text: String
  private let compiled: Result<CELProgram, Problem>

  private struct Problem: Error {
    let message: String
    /// A part that never changes cannot be evaluated, which upstream takes for a failure of its own.
    var isInternal = false
  }

  /// - Parameter types: those that the value may have; none where any will do.
  init(_ text: String, _ types: [CELType], _ environment: CELEnvironment) {
    self.text = text
    do {
      let program = try environment.program(text)
      let type = program.resultType
      if types.isEmpty || types.contains(type) {
        if let failure = program.instantiationFailure {
          compiled = .failure(Problem(message: failure, isInternal: true))
        } else {
          compiled = .success(program)
        }
      } else if types.count == 1 {
        compiled = .failure(
          Problem(message: "must evaluate to \(types[0].goDescription) but got \(type.goDescription)"))
      } else {
        let names = types.map(\.goDescription).joined(separator: " ")
        compiled = .failure(Problem(message: "must evaluate to one of [\(names)] but got \(type.goDescription)"))
      }
    } catch {
      compiled = .failure(Problem(message: error.explanation))
    }
  }

  /// How an outcome of this expression is counted.
  func kind(of outcome: Outcome) -> AdmissionMetrics.PolicyOutcome {
    switch outcome {
    case .value: .fine
    case .outOfBudget: .outOfBudget
    case .failed: problem == nil ? .invalid : .notCompiled
    }
  }

  /// Why it does not compile; nil where it does.
  var problem: String? {
    if case .failure(let problem) = compiled { problem.message } else { nil }
  }

  /// What is wrong with a field that holds the expression; nil where it compiles.
  /// - Parameter text: what messages show of the field.
  func error(at path: FieldPath, shownAs text: String) -> FieldError? {
    guard case .failure(let problem) = compiled else { return nil }
    return problem.isInternal
      ? .internal(path, problem.message) : .invalid(path, .string(text), problem.message)
  }

  var resultType: CELType? { try? compiled.get().resultType }
  var program: CELProgram? { try? compiled.get() }

  /// - Parameter remaining: what may still be spent; what this costs is taken from it.
  func evaluate(_ variables: AdmissionVariables, _ remaining: inout Int64) async -> Outcome {
    switch compiled {
    case .failure(let problem): return .failed("compilation error: \(problem.message)")
    case .success(let program):
      let outcome = await variables.evaluate(program)
      let cost = Int64(clamping: outcome.cost)
      guard cost <= remaining else {
        return .outOfBudget(
          "validation failed due to running out of cost budget, no further validation rules will be run")
      }
      remaining -= cost
      switch outcome.result {
      case .success(let value): return .value(value)
      case .failure(let error): return .failed("expression '\(text)' resulted in error: \(error)")
      }
    }
  }
}
