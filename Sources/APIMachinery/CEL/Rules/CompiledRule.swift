/// A rule of a schema (`x-kubernetes-validations`) as it is evaluated.
struct CompiledRule: Sendable {
  let rule: ValidationRule
  let program: Result<CELProgram, RuleProblem>
  /// Makes the message; nil where the rule has none.
  let message: Result<CELProgram, RuleProblem>?
  /// The rule compares with the value before an update.
  let usesOldSelf: Bool
  /// Where errors are, from the node on; empty where they are at the node.
  let fieldPath: String

  /// Why an expression cannot be evaluated.
  struct RuleProblem: Error {
    let message: String
  }

  /// - Parameter type: what expressions see as `self`.
  init(_ rule: ValidationRule, _ schema: Schema, _ type: CELSchemaType) {
    self.rule = rule
    let isOptional = rule.optionalOldSelf == true
    let environment = CELEnvironment.kubernetes.with([
      "self": type.type, "oldSelf": isOptional ? .optional(type.type) : type.type,
    ])
    program = Self.compile(
      rule.rule, .bool, environment, prefix: "", mismatch: "cel expression must evaluate to a bool")
    if let text = rule.messageExpression, !text.isEmpty {
      message = Self.compile(
        text, .string, environment, prefix: "messageExpression ",
        mismatch: "messageExpression must evaluate to a string")
    } else {
      message = nil
    }
    usesOldSelf = (try? program.get())?.references.contains("oldSelf") ?? false
    let place = rule.fieldPath.flatMap { $0.isEmpty ? nil : try? SchemaFieldPath($0).resolve(in: schema).path }
    fieldPath = place?.description ?? ""
  }

  private static func compile(
    _ text: String, _ type: CELType, _ environment: CELEnvironment, prefix: String, mismatch: String
  ) -> Result<CELProgram, RuleProblem> {
    do {
      let program = try environment.program(text)
      guard program.resultType == type else { return .failure(RuleProblem(message: mismatch)) }
      guard let failure = program.instantiationFailure else { return .success(program) }
      return .failure(RuleProblem(message: prefix + failure))
    } catch {
      return .failure(RuleProblem(message: prefix + error.explanation))
    }
  }

  /// What the cost of the rule is at most where it is evaluated once.
  static func maximumCost(_ program: CELProgram, _ type: CELSchemaType) -> UInt64 {
    program.estimatedCost(["self": type, "oldSelf": type]).max
  }

  /// The rule in messages about its evaluation: its own message, or else its text.
  var shown: String {
    let message = rule.message ?? ""
    return (message.isEmpty ? rule.rule : message).trimmedOfSpace
  }

  var staticMessage: String {
    let message = (rule.message ?? "")
    return message.isEmpty ? "failed rule: \(shown)" : message.trimmedOfSpace
  }
}

extension String {
  /// Without space at its ends.
  public var trimmedOfSpace: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}
