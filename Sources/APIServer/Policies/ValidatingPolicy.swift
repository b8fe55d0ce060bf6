import APIMachinery

/// A ValidatingAdmissionPolicy, compiled (admissionregistration.k8s.io/v1).
final class ValidatingPolicy: CompiledPolicy {
  struct Validation: Sendable {
    let expression: AdmissionExpression
    let message: String
    let messageExpression: AdmissionExpression?
    let reason: String
  }

  let match: PolicyMatch
  /// Errors are passed over.
  let ignoresFailures: Bool
  /// The value of `paramKind`; nil where there is none.
  let parameterKind: JSONValue?
  let conditions: MatchConditions
  let variables: PolicyVariables.Definitions
  let validations: [Validation]
  let annotations: [(key: String, expression: AdmissionExpression)]

  init(_ object: JSONObject) {
    let spec = object["spec"] ?? [:]
    func list(_ name: String) -> [JSONValue] { spec[name]?.arrayValue ?? [] }
    match = PolicyMatch(spec["matchConstraints"] ?? .null)
    ignoresFailures = spec["failurePolicy"]?.stringValue == "Ignore"
    parameterKind = spec["paramKind"].flatMap { $0 == .null ? nil : $0 }
    let environments = PolicyEnvironments(spec)
    conditions = MatchConditions(list("matchConditions"), hasParameters: environments.hasParameters)
    variables = environments.variables
    validations = list("validations").map { validation in
      let messageText = validation["messageExpression"]?.stringValue ?? ""
      return Validation(
        expression: AdmissionExpression(
          validation["expression"]?.stringValue ?? "", [.bool], environments.validation),
        message: validation["message"]?.stringValue ?? "",
        messageExpression: messageText.isEmpty
          ? nil : AdmissionExpression(messageText, [.string], environments.message),
        reason: validation["reason"]?.stringValue ?? "")
    }
    annotations = list("auditAnnotations").map { annotation in
      (
        annotation["key"]?.stringValue ?? "",
        AdmissionExpression(
          annotation["valueExpression"]?.stringValue ?? "", [.string, .null], environments.validation)
      )
    }
  }
}

/// What the expressions of one policy may use.
struct PolicyEnvironments: Sendable {
  let hasParameters: Bool
  let variables: PolicyVariables.Definitions
  /// Of validations and annotations.
  let validation: CELEnvironment
  /// Of messages, which do not ask the authorizer.
  let message: CELEnvironment

  /// - Parameter hasVariables: whether expressions may name `variables`, which may be none.
  init(_ spec: JSONValue, hasVariables: Bool = true) {
    hasParameters = (spec["paramKind"] ?? .null) != .null
    let open = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: true)
    variables = PolicyVariables.Definitions(spec["variables"]?.arrayValue ?? [], open)
    let named = hasVariables ? ["variables": variables.type] : [:]
    validation = open.with(named)
    message = AdmissionEnvironment.make(hasParameters: hasParameters, hasAuthorizer: false).with(named)
  }
}
