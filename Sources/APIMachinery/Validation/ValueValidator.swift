/// Checks a custom resource against the schema of its kind.
///
/// Types, limits, formats and nested value validations, in the words that Kubernetes has for them:
/// `spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10`. On an update, what was wrong before and has
/// not changed is let through. Keys of lists are ``ListTypeValidator``'s, rules in CEL a ``ValidationRuleEvaluator``'s.
public enum ValueValidator {
  /// - Parameters:
  ///   - old: the value before an update.
  ///   - prefix: where the value stands; nil for a whole object.
  /// - Returns: what is wrong, in the schema's order.
  public static func errors(
    in value: JSONValue, by schema: Schema, old: JSONValue? = nil, at prefix: FieldPath? = nil
  ) -> [FieldError] {
    var walk = SchemaWalk(prefix: prefix)
    let node = schema.resolved
    return walk.validate(value, node, old.map { Correlation(old: $0, schema: node) }).errors
  }

  /// The value before an update, and the structure by which it is followed down.
  struct Correlation {
    let old: JSONValue
    let schema: Schema

    func member(_ name: String) -> Correlation? {
      guard let value = old[name], let schema = schema.schema(of: name) else { return nil }
      return Correlation(old: value, schema: schema.resolved)
    }

    /// Only items of lists that are maps have a place of their own.
    func item(_ item: JSONValue) -> Correlation? {
      guard schema.listType == .map, case .array(let items) = old, let items = items.matching(item, schema.listMapKeys),
        let itemSchema = schema.items
      else { return nil }
      return Correlation(old: items, schema: itemSchema.resolved)
    }

    /// Whether the value is what it was; the order of a list that is a map is nothing.
    func isUnchanged(_ value: JSONValue) -> Bool {
      switch (old, value) {
      case (.object(let before), .object(let after)):
        return before.count == after.count
          && after.allSatisfy { name, value in member(name)?.isUnchanged(value) ?? false }
      case (.array(let before), .array(let after)):
        guard before.count == after.count else { return false }
        guard schema.listType == .map else { return before == after }
        return after.allSatisfy { item($0)?.isUnchanged($0) ?? false }
      default: return old == value
      }
    }
  }
}

extension [JSONValue] {
  /// The item with the same keys; nil where there is none.
  func matching(_ item: JSONValue, _ keys: [String]) -> JSONValue? {
    guard case .object(let wanted) = item else { return nil }
    return first { candidate in
      guard case .object(let object) = candidate else { return false }
      return keys.allSatisfy { object[$0] == wanted[$0] }
    }
  }
}

/// What a part of a check found, and how much of it fitted: of several alternatives that all fail, the one that fits best
/// is told.
struct ValidationResult {
  private(set) var errors: [FieldError] = []
  var matches = 0

  var isValid: Bool { errors.isEmpty }

  mutating func add(_ error: FieldError) {
    if !errors.contains(error) { errors.append(error) }
  }

  mutating func merge(_ other: ValidationResult) {
    for error in other.errors { add(error) }
    matches += other.matches
  }

  mutating func drop() { errors = [] }
}

/// One pass over a value and its schema.
struct SchemaWalk {
  typealias Correlation = ValueValidator.Correlation

  private let prefix: FieldPath?
  private var path = ValuePath()

  init(prefix: FieldPath?) { self.prefix = prefix }

  /// The path as messages name it; empty for the value that the check began with.
  private var name: String { path.description }

  func error(_ kind: FieldError.Kind, _ value: JSONValue?, _ detail: String) -> FieldError {
    FieldError(kind, field: field(name), value: value, detail: detail)
  }

  /// About the whole value, whatever part of it is meant.
  func rootError(_ detail: String) -> FieldError {
    FieldError(.invalid, field: (prefix ?? FieldPath()).description, value: "", detail: detail)
  }

  private func field(_ name: String) -> String {
    if name.isEmpty { return (prefix ?? FieldPath()).description }
    return prefix.map { "\($0).\(name)" } ?? name
  }

  /// `spec.replicas in body`.
  var inBody: String { "\(name) in body" }
  var quotedName: String { name.goQuoted }
  var plainName: String { name }

  /// Checks one value; errors about what an update leaves as it was are dropped.
  mutating func validate(_ value: JSONValue, _ schema: Schema, _ correlation: Correlation?) -> ValidationResult {
    var result = validateNew(value, schema, correlation)
    if !result.isValid, let correlation, correlation.isUnchanged(value) { result.drop() }
    return result
  }

  /// As `validate`, but for alternatives of a node, which stand at the same place.
  mutating func validateNew(
    _ value: JSONValue, _ schema: Schema, _ correlation: Correlation?
  ) -> ValidationResult {
    var result = ValidationResult()
    let format = SchemaFormat.known(schema)
    let hasType = schema.hasJSONType || format != nil
    if value == .null {
      if let problem = nullProblem(schema) { result.add(problem) } else { result.matches += 1 }
      if let problem = enumerationProblem(value, schema) { result.add(problem) }
      return result
    }
    // Each check that applies counts as one, and those that count for themselves as two.
    if hasType {
      if let problem = typeProblem(value, schema, format) { result.add(problem) } else { result.matches += 1 }
      result.matches += 1
    }
    if let rules = schema.rulesBox {
      result.merge(junctors(value, rules.rules, correlation))
    }
    result.matches += 2
    switch value {
    case .string(let text):
      if let box = schema.rulesBox, let problem = stringProblem(text, box) { result.add(problem) }
      result.matches += 1
      if let format, schema.type != .integer, schema.type != .number {
        if !format.matches(text) {
          result.add(
            error(
              .typeInvalid, value, "\(inBody) must be of type \(schema.format ?? ""): \(text.goQuoted)"))
        }
        result.matches += 1
      }
    case .integer, .double:
      for problem in numberProblems(value, schema) { result.add(problem) }
      result.matches += 2
    case .array(let items):
      result.merge(validate(items, schema, correlation))
      result.matches += 2
    default: break
    }
    if let problem = enumerationProblem(value, schema) { result.add(problem) }
    result.matches += 1
    if case .object(let object) = value {
      result.merge(validate(object, schema, correlation))
      result.matches += 1
    }
    result.matches += 1
    return result
  }

  // MARK: Lists and objects

  private mutating func validate(
    _ items: [JSONValue], _ schema: Schema, _ correlation: Correlation?
  ) -> ValidationResult {
    var result = ValidationResult()
    if let itemSchema = schema.items?.resolved {
      for (index, item) in items.enumerated() {
        path.append(index)
        result.merge(validate(item, itemSchema, correlation?.item(item)))
        path.removeLast()
      }
    }
    guard let rules = schema.rulesBox?.rules else { return result }
    let count = Int64(items.count)
    if let minimum = rules.minItems, count < minimum {
      result.add(error(.invalid, .integer(count), "\(inBody) should have at least \(minimum) items"))
    }
    if let maximum = rules.maxItems, count > maximum {
      result.add(
        error(.tooMany, .integer(count), "must have at most \(maximum) \(maximum == 1 ? "item" : "items")"))
    }
    if rules.uniqueItems, Set(items).count < items.count {
      result.add(error(.invalid, "", "\(inBody) shouldn't contain duplicates"))
    }
    return result
  }

  private mutating func validate(
    _ object: JSONObject, _ schema: Schema, _ correlation: Correlation?
  ) -> ValidationResult {
    var result = ValidationResult()
    let count = Int64(object.count)
    if let rules = schema.rulesBox?.rules {
      if let minimum = rules.minProperties, count < minimum {
        result.add(error(.invalid, .integer(count), "\(inBody) should have at least \(minimum) properties"))
      }
      if let maximum = rules.maxProperties, count > maximum {
        result.add(
          error(.tooMany, .integer(count), "must have at most \(maximum) \(maximum == 1 ? "item" : "items")"))
      }
    }
    for (name, value) in object where schema.properties[name] == nil {
      switch schema.additionalProperties {
      case .schema(let members):
        path.append(name)
        result.merge(validate(value, members.resolved, correlation?.member(name)))
        path.removeLast()
      case .allowed(false):
        result.add(error(.invalid, .string(name), "\(plainName).\(name) in body is a forbidden property"))
      case .allowed(true), nil: continue
      }
    }
    for property in schema.properties {
      guard let value = object[property.name] else { continue }
      path.append(property.name)
      // What tells an object's kind may be of another version than before.
      let isType = path.isAtRoot && (property.name == "kind" || property.name == "apiVersion")
      result.merge(
        validate(value, property.schema.resolved, isType ? nil : correlation?.member(property.name)))
      path.removeLast()
    }
    for name in schema.required where object.index(of: name) == nil {
      path.append(name)
      result.add(error(.required, "", ""))
      path.removeLast()
    }
    return result
  }

  // MARK: Alternatives

  private mutating func junctors(
    _ value: JSONValue, _ rules: ValueRules, _ correlation: Correlation?
  ) -> ValidationResult {
    var result = ValidationResult()
    if !rules.anyOf.isEmpty {
      let (valid, best) = alternatives(rules.anyOf, value, correlation, stopAtFirst: true)
      if valid == 0 { result.add(rootError("\(quotedName) must validate at least one schema (anyOf)")) }
      if let best { result.merge(best) }
    }
    if !rules.oneOf.isEmpty {
      let (valid, best) = alternatives(rules.oneOf, value, correlation, stopAtFirst: false)
      if valid != 1 {
        let found = valid == 0 ? "Found none valid" : "Found \(valid) valid alternatives"
        result.add(rootError("\(quotedName) must validate one and only one schema (oneOf). \(found)"))
      }
      if valid <= 1, let best { result.merge(best) }
    }
    if !rules.allOf.isEmpty {
      var valid = 0
      for schema in rules.allOf {
        let part = validateNew(value, schema.resolved, correlation)
        if part.isValid { valid += 1 }
        result.merge(part)
      }
      if valid != rules.allOf.count {
        let none = valid == 0 ? ". None validated" : ""
        result.add(rootError("\(quotedName) must validate all the schemas (allOf)\(none)"))
      }
    }
    if let not = rules.not, validateNew(value, not.resolved, correlation).isValid {
      result.add(rootError("\(quotedName) must not validate the schema (not)"))
    }
    return result
  }

  /// How many alternatives fit, and the result of the first of those, or of the one that fits best where none does.
  private mutating func alternatives(
    _ schemas: [Schema], _ value: JSONValue, _ correlation: Correlation?, stopAtFirst: Bool
  ) -> (valid: Int, best: ValidationResult?) {
    var valid = 0
    var success: ValidationResult?
    var failure: ValidationResult?
    for schema in schemas {
      let result = validateNew(value, schema.resolved, correlation)
      if result.isValid {
        valid += 1
        if success == nil { success = result }
        if stopAtFirst { break }
      } else if valid == 0, failure.map({ result.matches > $0.matches }) ?? true {
        failure = result
      }
    }
    return (valid, success ?? failure)
  }
}
