import APIMachinery

/// What all policies together make of one request.
struct PolicyJudgement {
  private struct Denial {
    let message: String
    let reason: String
  }

  /// More validations that fail are not listed in the audit log.
  private static let mostFailures = 50
  private static let failureAnnotation = "validation.policy.admission.k8s.io/validation_failure"

  private let request: AdmissionRequest
  private var denials: [Denial] = []
  /// What is told to the audit log of validations that fail.
  private var failures: [JSONValue] = []
  /// What policies note for the audit log. Several bindings of one policy may note the same, or something else.
  private var notes: [(key: String, values: [String])] = []

  private let metrics: AdmissionMetrics

  init(_ request: AdmissionRequest, _ metrics: AdmissionMetrics) {
    self.request = request
    self.metrics = metrics
  }

  mutating func add(_ misconfiguration: PolicyMisconfiguration<ValidatingPolicy>) {
    guard !misconfiguration.policy.ignoresFailures else { return }
    deny(misconfiguration.name, misconfiguration.binding, misconfiguration.message, "")
  }

  mutating func add(_ verdict: PolicyVerdict, of invocation: PolicyInvocation<ValidatingPolicy>) {
    for failure in verdict.passedOver { count(failure, invocation, "allow") }
    for failure in verdict.failures { act(failure, invocation) }
    for (key, value) in verdict.annotations { note("\(invocation.name)/\(key)", value) }
    for message in verdict.annotationErrors {
      deny(invocation.name, invocation.binding, message, "")
      metrics.validation(invocation.name, invocation.binding.name, .invalid, "deny", .zero)
    }
  }

  private func count(
    _ failure: PolicyVerdict.Failure, _ invocation: PolicyInvocation<ValidatingPolicy>, _ action: String
  ) {
    metrics.validation(invocation.name, invocation.binding.name, failure.outcome, action, failure.duration)
  }

  private mutating func note(_ key: String, _ value: String) {
    guard let place = notes.firstIndex(where: { $0.key == key }) else { return notes.append((key, [value])) }
    if !notes[place].values.contains(value) { notes[place].values.append(value) }
  }

  private mutating func deny(_ policy: String, _ binding: PolicyBinding?, _ message: String, _ reason: String) {
    let by = binding.map { " with binding '\($0.name)'" } ?? ""
    denials.append(
      Denial(message: "ValidatingAdmissionPolicy '\(policy)'\(by) denied request: \(message)", reason: reason))
  }

  /// Does what the binding says of a validation that fails.
  private mutating func act(_ failure: PolicyVerdict.Failure, _ invocation: PolicyInvocation<ValidatingPolicy>) {
    let binding = invocation.binding
    for action in binding.actions {
      count(failure, invocation, action.lowercased())
      switch action {
      case "Deny": deny(invocation.name, binding, failure.message, failure.reason)
      case "Warn":
        request.context.warn(
          "Validation failed for ValidatingAdmissionPolicy '\(invocation.name)' with binding '\(binding.name)': \(failure.message)"
        )
      case "Audit":
        failures.append([
          "message": .string(failure.message), "policy": .string(invocation.name), "binding": .string(binding.name),
          "expressionIndex": .integer(Int64(failure.position)),
          "validationActions": .array(binding.actions.map { .string($0) }),
        ])
      default: continue
      }
    }
  }

  /// Tells the audit log.
  func annotate() {
    for (key, values) in notes { request.context.annotate(key, values.joined(separator: ", ")) }
    guard !failures.isEmpty else { return }
    request.context.annotate(
      Self.failureAnnotation, JSONValue.array(Array(failures.prefix(Self.mostFailures))).jsonText())
  }

  /// The first denial as an answer; nil where there is none.
  var refusal: StatusError? {
    guard let denial = denials.first else { return nil }
    var error = StatusError.forbidden(request.resource.groupResource, request.name, denial.message)
    let reason = denial.reason.isEmpty ? "Invalid" : denial.reason
    error.reason = StatusReason(rawValue: reason)
    error.code = ["Forbidden": 403, "Unauthorized": 401, "RequestEntityTooLarge": 413][reason] ?? 422
    error.details?.causes.append(StatusError.Cause(message: denial.message))
    return error
  }
}
