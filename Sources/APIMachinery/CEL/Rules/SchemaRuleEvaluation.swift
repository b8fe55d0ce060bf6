/// Judges an object by the rules of its schema (Kubernetes, "Validation rules"). What was wrong before an update and has not
/// changed is a warning.
public struct SchemaRuleEvaluation {
  private typealias Correlation = ValueValidator.Correlation

  /// What rules find wrong.
  public private(set) var errors: [FieldError] = []
  /// What they find wrong with what an update leaves as it was.
  public private(set) var warnings: [FieldError] = []
  /// What may still be spent on the object; negative where it is used up.
  private(set) var budget: Int64 = Self.wholeBudget
  /// What the rules of one object may cost together.
  static let wholeBudget: Int64 = 10_000_000

  private init() {}

  /// - Parameters:
  ///   - schema: of a custom kind; its compiled rules are kept with it.
  ///   - old: the object before an update.
  public static func evaluate(_ object: JSONObject, by schema: Schema, old: JSONObject?) -> SchemaRuleEvaluation {
    evaluate(.object(object), by: schema.compiledRules, old: old.map { .object($0) }, at: FieldPath())
  }

  static func evaluate(
    _ value: JSONValue, by tree: SchemaRuleTree, old: JSONValue?, at path: FieldPath
  ) -> SchemaRuleEvaluation {
    var evaluation = SchemaRuleEvaluation()
    guard !tree.isEmpty else { return evaluation }
    evaluation.validate(
      value, tree, old, Ratchet(current: old.map { Correlation(old: $0, schema: tree.schema) }), path)
    return evaluation
  }

  /// Judges one value, which is no whole object: a default.
  static func evaluate(_ value: JSONValue, by schema: Schema, old: JSONValue?, at path: FieldPath) -> [FieldError] {
    var evaluation = SchemaRuleEvaluation()
    let tree = SchemaRuleTree(schema, isResource: schema.isEmbeddedResource)
    evaluation.validate(value, tree, old, Ratchet(current: nil), path)
    return evaluation.errors
  }

  /// How the value relates to what was before: by itself, or as a part of something that can be found again.
  private struct Ratchet {
    var current: Correlation?
    var parent: (correlation: Correlation, value: JSONValue)?
    /// Whether it is the object itself.
    var isRoot = true

    init(current: Correlation?) { self.current = current }

    func isUnchanged(_ value: JSONValue) -> Bool {
      if let current { return current.isUnchanged(value) }
      return parent.map { $0.correlation.isUnchanged($0.value) } ?? false
    }

    func below(_ value: JSONValue, _ next: (Correlation) -> Correlation?) -> Ratchet {
      guard let current else { return self }
      var inner = self
      inner.current = next(current)
      inner.parent = (current, value)
      inner.isRoot = false
      return inner
    }
  }

  private mutating func validate(
    _ value: JSONValue, _ tree: SchemaRuleTree, _ old: JSONValue?, _ ratchet: Ratchet, _ path: FieldPath
  ) {
    guard value != .null, !tree.isEmpty else { return }
    let old = old == .null ? nil : old
    evaluate(tree, value, old, ratchet, path)
    guard budget >= 0 else { return }
    for alternative in tree.allOf {
      var inner = ratchet
      inner.current = nil
      validate(value, alternative, old, inner, path)
      guard budget >= 0 else { return }
    }
    switch value {
    case .array(let items):
      guard let itemTree = tree.items else { return }
      var before: [JSONValue] = []
      if tree.schema.listType == .map, case .array(let items)? = old { before = items }
      for (index, item) in items.enumerated() {
        let oldItem = before.isEmpty ? nil : before.matching(item, tree.schema.listMapKeys)
        validate(item, itemTree, oldItem, ratchet.below(value) { $0.item(item) }, path.index(index))
        guard budget >= 0 else { return }
      }
    case .object(let object):
      let before = old?.objectValue
      for (name, member) in object {
        let isProperty = tree.properties[name] != nil
        guard
          let inner = tree.properties[name] ?? (tree.schema.properties[name] == nil ? tree.additionalProperties : nil)
        else { continue }
        // What tells an object's kind may be of another version than before.
        let isType = ratchet.isRoot && (name == "kind" || name == "apiVersion")
        validate(
          member, inner, before?[name],
          isType ? Ratchet(current: nil) : ratchet.below(value) { $0.member(name) },
          isProperty ? path.child(name) : path.key(name))
        guard budget >= 0 else { return }
      }
    default: return
    }
  }

  // MARK: The rules of one node

  private mutating func evaluate(
    _ tree: SchemaRuleTree, _ value: JSONValue, _ old: JSONValue?, _ ratchet: Ratchet, _ path: FieldPath
  ) {
    guard !tree.rules.isEmpty, let type = tree.type else { return }
    let kind = JSONValue.string(tree.schema.type?.jsonName ?? "")
    func stop(_ message: String) {
      errors.append(.invalid(path, kind, message))
      budget = -1
    }
    let exhausted = "validation failed due to running out of cost budget, no further validation rules will be run"
    guard budget > 0 else { return stop(exhausted) }
    let variables = Variables(value, old, type)
    for rule in tree.rules {
      let isOptional = rule.rule.optionalOldSelf == true
      let program: CELProgram
      switch rule.program {
      case .success(let compiled): program = compiled
      case .failure(let problem):
        errors.append(.invalid(path, kind, "rule compile error: \(problem.message)"))
        continue
      }
      if rule.usesOldSelf, old == nil, !isOptional { continue }
      let bindings = variables.bindings(isOptional: isOptional)
      let outcome = program.evaluate(bindings)
      let cost = Int64(clamping: outcome.cost)
      guard cost <= budget else { return stop(exhausted) }
      budget -= cost
      switch outcome.result {
      case .success(.bool(true)): continue
      case .failure(let error):
        if error.isLimit {
          return stop(
            "'\(error)': no further validation rules will be run due to call cost exceeds limit for rule: \(rule.shown)"
          )
        }
        let message =
          error.description.hasPrefix("no such overload")
          ? "'\(error)': call arguments did not match a supported operator, function or macro signature for rule: \(rule.shown)"
          : "\(error) evaluating rule: \(rule.shown)"
        errors.append(.invalid(path, kind, message))
      case .success:
        let place = rule.fieldPath.isEmpty ? path : path.child(rule.fieldPath)
        let isRatcheted = !rule.usesOldSelf && ratchet.isUnchanged(value)
        switch message(rule, bindings) {
        case .text(let text):
          add(Self.error(place, value, tree.schema, text, rule.rule.reason), isRatcheted)
        case .failed(let text):
          add(.invalid(place, kind, text), isRatcheted)
          budget = -1
          return
        }
      }
    }
  }

  private mutating func add(_ error: FieldError, _ isWarning: Bool) {
    if isWarning { warnings.append(error) } else { errors.append(error) }
  }

  private enum Message {
    case text(String)
    /// Nothing more can be evaluated.
    case failed(String)
  }

  private mutating func message(_ rule: CompiledRule, _ bindings: [String: CELValue]) -> Message {
    guard let program = try? rule.message?.get() else { return .text(rule.staticMessage) }
    let text = rule.rule.messageExpression ?? ""
    let outcome = program.evaluate(bindings)
    let cost = Int64(clamping: outcome.cost)
    guard cost <= budget else {
      return .failed(
        "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run"
      )
    }
    budget -= cost
    switch outcome.result {
    case .failure(let error) where error.isLimit:
      return .failed(
        "no further validation rules will be run due to call cost exceeds limit for messageExpression: \(text.goQuoted)"
      )
    case .success(.string(let message)):
      // A message that cannot be shown gives way to the one that is written.
      let message = message.trimmedOfSpace
      let isShowable = !message.isEmpty && message.utf8.count <= 5 * 1024 && !message.utf8.contains(0x0A)
      return .text(isShowable ? message : rule.staticMessage)
    default: return .text(rule.staticMessage)
    }
  }

  private static func error(
    _ path: FieldPath, _ value: JSONValue, _ schema: Schema, _ detail: String, _ reason: String?
  ) -> FieldError {
    let shown = schema.type == .object || schema.type == .array ? nil : value
    return switch reason {
    case "FieldValueForbidden": .forbidden(path, detail)
    case "FieldValueRequired": .required(path, detail)
    case "FieldValueDuplicate": FieldError(.duplicate, field: path.description, value: shown)
    default: .invalid(path, shown, detail)
    }
  }
}

/// `self` and `oldSelf` of one value, made once for all its rules.
private struct Variables {
  private let plain: [String: CELValue]
  private let optional: [String: CELValue]

  init(_ value: JSONValue, _ old: JSONValue?, _ type: CELSchemaType) {
    var plain: [String: CELValue] = [:]
    plain["self"] = try? CELValue(value, type)
    var optional = plain
    if let old = old.flatMap({ try? CELValue($0, type) }) {
      plain["oldSelf"] = old
      optional["oldSelf"] = .optional(old)
    } else {
      optional["oldSelf"] = .optional(nil)
    }
    self.plain = plain
    self.optional = optional
  }

  func bindings(isOptional: Bool) -> [String: CELValue] { isOptional ? optional : plain }
}

/// Evaluates rules on parts of objects, for those who check schemas.
public struct CELRuleEvaluator: ValidationRuleEvaluator {
  public init() {}

  public func errors(in value: JSONValue, by schema: Schema, old: JSONValue?, at path: FieldPath) -> [FieldError] {
    SchemaRuleEvaluation.evaluate(value, by: schema, old: old, at: path)
  }
}

extension SchemaType {
  /// As OpenAPI names it; empty where it has no name for it.
  fileprivate var jsonName: String {
    switch self {
    case .object, .array, .string, .integer, .number, .boolean: rawValue
    case .quantity: "string"
    case .intOrString, .any: ""
    }
  }
}
