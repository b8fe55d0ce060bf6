import APIMachinery

/// What one policy, put to work by one binding, says of a request.
struct PolicyVerdict: Sendable {
  /// A validation that fails.
  struct Failure: Sendable {
    /// The validation's place in the policy.
    let position: Int
    let message: String
    /// Empty for what has not been decided but gone wrong.
    var reason = ""
    var outcome = AdmissionMetrics.PolicyOutcome.fine
    /// How long the expression took.
    var duration = Duration.zero
  }

  /// Validations that fail; the binding says what follows from that.
  private(set) var failures: [Failure] = []
  /// What has gone wrong and is passed over.
  private(set) var passedOver: [Failure] = []
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
    switch await policy.conditions.evaluate(variables.conditions) {
    case .matches: break
    case .excluded: return
    case .failed(let message):
      if !policy.ignoresFailures { failures = [Failure(position: 0, message: message, outcome: .invalid)] }
      return
    }
    var remaining = budget
    var evaluated: [Evaluated] = []
    for validation in policy.validations {
      let start = ContinuousClock.now
      let outcome = await validation.expression.evaluate(variables.expressions, &remaining)
      let duration = ContinuousClock.now - start
      // Nothing is known of the others, so nothing is said of them.
      if case .outOfBudget(let message) = outcome {
        give(up: message, policy)
        return
      }
      evaluated.append((validation, outcome, duration))
    }
    let failed = await Self.failures(evaluated, variables.expressions, remaining)
    if let message = await annotate(policy, variables.expressions, budget) {
      give(up: message, policy)
      return
    }
    for failure in failed {
      if failure.outcome != .fine, policy.ignoresFailures {
        passedOver.append(failure)
      } else {
        failures.append(failure)
      }
    }
  }

  /// Everything costs too much: this is all that is said of the request.
  private mutating func give(up message: String, _ policy: ValidatingPolicy) {
    (annotations, annotationErrors) = ([], [])
    let failure = Failure(position: 0, message: message, outcome: .outOfBudget)
    if policy.ignoresFailures { passedOver = [failure] } else { failures = [failure] }
  }

  private typealias Evaluated = (
    validation: ValidatingPolicy.Validation, outcome: AdmissionExpression.Outcome, duration: Duration
  )

  private static func failures(
    _ evaluated: [Evaluated], _ variables: AdmissionVariables, _ budget: Int64
  ) async -> [Failure] {
    var remaining = budget
    var messages: [Int: String] = [:]
    var problem: String?
    if evaluated.contains(where: \.outcome.isDenial) {
      messages: for (position, one) in evaluated.enumerated() {
        guard let expression = one.validation.messageExpression else { continue }
        switch await expression.evaluate(variables, &remaining) {
        case .value(.string(let text)): messages[position] = usable(text)
        // The message that the policy has beside it is told instead.
        case .value, .failed: continue
        case .outOfBudget(let message):
          problem = "failed messageExpression: \(message)"
          break messages
        }
      }
    }
    var failures: [Failure] = []
    for (position, one) in evaluated.enumerated() {
      var failure: Failure?
      if case .failed(let message) = one.outcome {
        let kind = one.validation.expression.kind(of: one.outcome)
        failure = Failure(position: position, message: message, outcome: kind)
      } else if let problem {
        failure = Failure(position: position, message: problem, outcome: .outOfBudget)
      } else if one.outcome.isDenial {
        failure = Failure(
          position: position, message: messages[position] ?? one.validation.plainMessage,
          reason: one.validation.reason)
      }
      guard var failure else { continue }
      failure.duration = one.duration
      failures.append(failure)
    }
    return failures
  }

  /// Nil where a text cannot be told in one line.
  private static func usable(_ text: String) -> String? {
    let message = text.withoutSpaceAround
    return message.isEmpty || message.utf8.count > longestMessage || message.utf8.contains(0x0A) ? nil : message
  }

  /// - Returns: why that cost too much; nil where it did not.
  private mutating func annotate(
    _ policy: ValidatingPolicy, _ variables: AdmissionVariables, _ budget: Int64
  ) async -> String? {
    var remaining = budget
    for (key, expression) in policy.annotations {
      switch await expression.evaluate(variables, &remaining) {
      case .value(.string(let text)):
        let value = text.withoutSpaceAround
        guard !value.isEmpty else { continue }
        annotations.append((key, String(decoding: value.utf8.prefix(Self.longestAnnotation), as: UTF8.self)))
      case .value: continue
      case .failed(let message): if !policy.ignoresFailures { annotationErrors.append(message) }
      case .outOfBudget(let message): return message
      }
    }
    return nil
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
