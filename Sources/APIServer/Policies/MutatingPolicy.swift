import APIMachinery

/// A MutatingAdmissionPolicy, compiled (admissionregistration.k8s.io/v1).
final class MutatingPolicy: CompiledPolicy {
  enum Mutation: Sendable {
    /// Gives an object that is merged into the one that is admitted.
    case apply(AdmissionExpression)
    /// Gives patches.
    case patch(AdmissionExpression)

    var expression: AdmissionExpression {
      switch self {
      case .apply(let expression), .patch(let expression): expression
      }
    }
  }

  let match: PolicyMatch
  /// Errors are passed over.
  let ignoresFailures: Bool
  /// The value of `paramKind`; nil where there is none.
  let parameterKind: JSONValue?
  let conditions: MatchConditions
  let variables: PolicyVariables.Definitions
  let mutations: [Mutation]
  let isReinvoked: Bool

  init(_ object: JSONObject) {
    let spec = object["spec"] ?? [:]
    match = PolicyMatch(spec["matchConstraints"] ?? .null)
    ignoresFailures = spec["failurePolicy"]?.stringValue == "Ignore"
    parameterKind = spec["paramKind"].flatMap { $0 == .null ? nil : $0 }
    isReinvoked = spec["reinvocationPolicy"]?.stringValue == "IfNeeded"
    let environments = PolicyEnvironments(spec, isMutating: true)
    conditions = MatchConditions(
      spec["matchConditions"]?.arrayValue ?? [], hasParameters: environments.hasParameters)
    variables = environments.variables
    let environment = MutationTypes.environment(environments.validation)
    mutations = (spec["mutations"]?.arrayValue ?? []).map { mutation in
      func text(_ form: String) -> String { mutation[form]?["expression"]?.stringValue ?? "" }
      return mutation["patchType"]?.stringValue == "JSONPatch"
        ? .patch(AdmissionExpression(text("jsonPatch"), [MutationTypes.patches], environment))
        : .apply(AdmissionExpression(text("applyConfiguration"), [MutationTypes.object], environment))
    }
  }
}
