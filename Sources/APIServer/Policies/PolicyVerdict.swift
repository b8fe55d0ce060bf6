import APIMachinery

/// What one policy, put to work by one binding, says of a request.
struct PolicyVerdict: Sendable {
  /// A validation that fails.
  struct Failure: Sendable, Equatable {
    /// The validation's place in the policy.
    let position: Int
    let message: String
    /// Empty for what has not been decided but gone wrong.
    var reason = ""
  }

  /// Validations that fail; the binding says what follows from that.
  private(set) var failures: [Failure] = []
  /// What is noted for the audit log, in the order of the policy.
  private(set) var annotations: [(key: String, value: String)] = []
  /// Annotations that could not be made: they refuse the request whatever the binding says.
  private(set) var annotationErrors: [String] = []

  private static let longestMessage = 5 * 1024
  private static let longestAnnotation = 10 * 1024

  /// - Parameter budget: what the validations and messages may cost together, and so the annotations.
  init(
    _ invocation: PolicyInvocation<ValidatingPolicy>, _ variables: PolicyScene.Variables,
    budget: Int64 = AdmissionExpression.budget
  ) async {
    let policy = invocation.policy
    let isStrict = !policy.ignoresFailures
    switch await policy.conditions.evaluate(variables.conditions) {
    case .matches: break
    case .excluded: return
    case .failed(let message):
      if isStrict { failures = [Failure(position: 0, message: message)] }
      return
    }
    var remaining = budget
    var outcomes: [AdmissionExpression.Outcome] = []
    for validation in policy.validations {
      let outcome = await validation.expression.evaluate(variables.expressions, &remaining)
      if case .outOfBudget(let message) = outcome {
        // Nothing is known of the others, so nothing is said of them.
        if isStrict { failures = [Failure(position: 0, message: message)] }
        return
      }
      outcomes.append(outcome)
    }
    let failed = await Self.failures(policy, outcomes, variables.expressions, remaining)
    guard await annotate(policy, variables.expressions, budget) else { return }
    failures = failed
  }

  private static func failures(
    _ policy: ValidatingPolicy, _ outcomes: [AdmissionExpression.Outcome], _ variables: AdmissionVariables,
    _ budget: Int64
  ) async -> [Failure] {
    var remaining = budget
    var messages: [String?] = Array(repeating: nil, count: outcomes.count)
    var problem: String?
    if outcomes.contains(where: \.isDenial) {
      for (position, validation) in policy.validations.enumerated() {
        guard let expression = validation.messageExpression else { continue }
        switch await expression.evaluate(variables, &remaining) {
        case .value(.string(let text)): messages[position] = usable(text)
        // The message that the policy has beside it is told instead.
        case .value, .failed: continue
        case .outOfBudget(let message): problem = "failed messageExpression: \(message)"
        }
        if problem != nil { break }
      }
    }
    var failures: [Failure] = []
    for (position, outcome) in outcomes.enumerated() {
      if case .failed(let message) = outcome {
        if !policy.ignoresFailures { failures.append(Failure(position: position, message: message)) }
      } else if let problem {
        if !policy.ignoresFailures { failures.append(Failure(position: position, message: problem)) }
      } else if outcome.isDenial {
        let validation = policy.validations[position]
        failures.append(
          Failure(
            position: position, message: messages[position] ?? validation.plainMessage, reason: validation.reason))
      }
    }
    return failures
  }

  /// Nil where a text cannot be told in one line.
  private static func usable(_ text: String) -> String? {
    let message = text.withoutSpaceAround
    return message.isEmpty || message.utf8.count > longestMessage || message.utf8.contains(0x0A) ? nil : message
  }

  /// - Returns: false where that cost too much: then this is all that is said of the request.
  private mutating func annotate(
    _ policy: ValidatingPolicy, _ variables: AdmissionVariables, _ budget: Int64
  ) async -> Bool {
    var remaining = budget
    for (key, expression) in policy.annotations {
      switch await expression.evaluate(variables, &remaining) {
      case .value(.string(let text)):
        let value = text.withoutSpaceAround
        guard !value.isEmpty else { continue }
        annotations.append((key, String(decoding: value.utf8.prefix(Self.longestAnnotation), as: UTF8.self)))
      case .value: continue
      case .failed(let message): if !policy.ignoresFailures { annotationErrors.append(message) }
      case .outOfBudget(let message):
        annotations = []
        annotationErrors = []
        failures = policy.ignoresFailures ? [] : [Failure(position: 0, message: message)]
        return false
      }
    }
    return true
  }
}

extension AdmissionExpression.Outcome {
  /// A value other than true.
  fileprivate var isDenial: Bool {
    switch self {
    case .value(.bool(true)), .failed, .outOfBudget: false
    case .value: true
    }
  }
}

extension ValidatingPolicy.Validation {
  /// What is told where no expression gives a message.
  fileprivate var plainMessage: String {
    let message = message.withoutSpaceAround
    return message.isEmpty ? "failed expression: \(expression.text.withoutSpaceAround)" : message
  }
}

extension String {
  fileprivate var withoutSpaceAround: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }
}
