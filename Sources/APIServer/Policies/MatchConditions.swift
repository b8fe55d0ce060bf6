import APIMachinery

/// The conditions under which a webhook is called or a policy applies: each must hold (`matchConditions`).
struct MatchConditions: Sendable {
  /// What comes of them.
  enum Result: Sendable, Equatable {
    case matches
    /// A condition does not hold, whatever became of the others.
    case excluded(condition: String)
    /// None is false, but some could not be evaluated; the failure policy decides.
    case failed(message: String)
  }

  private let conditions: [(name: String, expression: AdmissionExpression)]

  var isEmpty: Bool { conditions.isEmpty }

  /// - Parameters:
  ///   - conditions: the value of `matchConditions`; one that does not compile fails when it is evaluated.
  ///   - hasParameters: whether expressions have a variable `params`.
  init(_ conditions: [JSONValue], hasParameters: Bool = false) {
    let environment = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: true)
    self.conditions = conditions.map { condition in
      (
        condition["name"]?.stringValue ?? "",
        AdmissionExpression(condition["expression"]?.stringValue ?? "", [.bool], environment)
      )
    }
  }

  /// - Parameter budget: what all conditions may cost together.
  func evaluate(
    _ variables: AdmissionVariables, budget: Int64 = AdmissionExpression.conditionBudget
  ) async -> Result {
    var remaining = budget
    var errors: [String] = []
    for (name, expression) in conditions {
      switch await expression.evaluate(variables, &remaining) {
      case .value(.bool(false)): return .excluded(condition: name)
      case .value: continue
      case .failed(let message): errors.append(message)
      case .outOfBudget(let message): return .failed(message: message)
      }
    }
    return GoAggregate.message(errors).map { .failed(message: $0) } ?? .matches
  }

  /// What is wrong with the expressions of conditions that somebody writes.
  static func errors(in conditions: [JSONValue], hasParameters: Bool = false, at path: FieldPath) -> [FieldError] {
    let environment = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: true)
    return conditions.prefix(64).enumerated().compactMap { index, condition in
      let text = (condition["expression"]?.stringValue ?? "").trimmedOfSpace
      // That there is none is told by itself.
      guard !text.isEmpty else { return nil }
      return AdmissionExpression(text, [.bool], environment).error(
        at: path.index(index).child("expression"), shownAs: text)
    }
  }
}
