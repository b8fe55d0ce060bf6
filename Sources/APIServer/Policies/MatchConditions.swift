import APIMachinery

/// The conditions under which a webhook is called or a policy applies: each must hold (`matchConditions`).
public struct MatchConditions: Sendable {
  /// What comes of them.
  public enum Result: Sendable, Equatable {
    case matches
    /// A condition does not hold, whatever became of the others.
    case excluded(condition: String)
    /// None is false, but some could not be evaluated; the failure policy decides.
    case failed(message: String)
  }

  /// What all conditions of one webhook may cost together.
  private static let budget: Int64 = 2_500_000

  private let conditions: [(name: String, expression: AdmissionExpression)]

  public var isEmpty: Bool { conditions.isEmpty }

  /// - Parameters:
  ///   - conditions: the value of `matchConditions`; one that does not compile fails when it is evaluated.
  ///   - hasParameters: whether expressions have a variable `params`.
  public init(_ conditions: [JSONValue], hasParameters: Bool = false) {
    let environment = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: true)
    self.conditions = conditions.map { condition in
      (
        condition["name"]?.stringValue ?? "",
        AdmissionExpression(condition["expression"]?.stringValue ?? "", [.bool], environment)
      )
    }
  }

  public func evaluate(_ variables: AdmissionVariables) async -> Result {
    var remaining = Self.budget
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

  /// What is wrong with conditions that somebody writes: names, and expressions that do not compile.
  public static func errors(in conditions: [JSONValue], hasParameters: Bool = false, at path: FieldPath) -> [FieldError]
  {
    var errors: [FieldError] = []
    if conditions.count > 64 { errors.append(.tooMany(path, count: conditions.count, maximum: 64)) }
    var names: Set<String> = []
    let environment = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: true)
    for (index, condition) in conditions.prefix(64).enumerated() {
      let place = path.index(index)
      let name = condition["name"]?.stringValue ?? ""
      let expression = condition["expression"]?.stringValue ?? ""
      if expression.allSatisfy(\.isWhitespace) {
        errors.append(.required(place.child("expression"), ""))
      } else if let problem = AdmissionExpression(expression, [.bool], environment).problem {
        errors.append(.invalid(place.child("expression"), .string(expression), problem))
      }
      if name.isEmpty {
        errors.append(.required(place.child("name"), ""))
      } else {
        errors += NameRules.labelKey(name).map { .invalid(place.child("name"), .string(name), $0) }
        if !names.insert(name).inserted { errors.append(.duplicate(place.child("name"), .string(name))) }
      }
    }
    return errors
  }
}
