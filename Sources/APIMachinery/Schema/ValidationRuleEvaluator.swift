/// Evaluates a schema's rules in CEL (`x-kubernetes-validations`).
///
/// The language has a target of its own, which this one does not know; who validates objects hands an evaluator in.
public protocol ValidationRuleEvaluator: Sendable {
  /// What rules of the schema, at any depth, find wrong.
  ///
  /// - Parameters:
  ///   - old: the value before an update; rules about `oldSelf` are passed over without it.
  ///   - path: where the value stands; empty for a whole object.
  func errors(in value: JSONValue, by schema: Schema, old: JSONValue?, at path: FieldPath) -> [FieldError]
}
