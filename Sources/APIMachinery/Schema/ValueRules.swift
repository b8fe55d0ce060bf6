import Synchronization

/// Limits of a value that do not shape it: what OpenAPI calls validation keywords.
public struct ValueRules: Sendable {
  /// The values that are allowed; nil where all are.
  public var enumeration: [JSONValue]?
  public var maximum: Double?
  public var exclusiveMaximum = false
  public var minimum: Double?
  public var exclusiveMinimum = false
  public var multipleOf: Double?
  /// Of strings, in Unicode scalars.
  public var maxLength: Int64?
  public var minLength: Int64?
  /// A regular expression in RE2's syntax that must match somewhere in the string.
  public var pattern: String?
  public var maxItems: Int64?
  public var minItems: Int64?
  public var uniqueItems = false
  public var maxProperties: Int64?
  public var minProperties: Int64?
  /// Nested value validations. They restrict what the node around them describes and describe nothing themselves.
  public var allOf: [Schema] = []
  public var anyOf: [Schema] = []
  public var oneOf: [Schema] = []
  public var not: Schema?
  /// What may stand here, and whether something must, is said by code for the kind: no walk of the schema judges it.
  public var isJudgedByKind = false

  public init() {}

  public init(
    enumeration: [JSONValue]? = nil, minimum: Double? = nil, maximum: Double? = nil,
    minLength: Int64? = nil,
    maxLength: Int64? = nil, pattern: String? = nil, minItems: Int64? = nil, maxItems: Int64? = nil
  ) {
    self.enumeration = enumeration
    self.minimum = minimum
    self.maximum = maximum
    self.minLength = minLength
    self.maxLength = maxLength
    self.pattern = pattern
    self.minItems = minItems
    self.maxItems = maxItems
  }
}

/// Rules as a node holds them: out of the way of nodes that have none, and with the pattern compiled once.
final class ValueRulesBox: Sendable {
  let rules: ValueRules
  private let compiled = AtomicLazyReference<CompiledPattern>()

  init(_ rules: ValueRules) { self.rules = rules }

  /// The pattern; nil where there is none.
  var pattern: CompiledPattern? {
    guard let text = rules.pattern else { return nil }
    return compiled.load() ?? compiled.storeIfNil(CompiledPattern(text))
  }
}

/// A pattern, or why it is none.
final class CompiledPattern: Sendable {
  let expression: Result<RegularExpression, RegularExpressionError>

  init(_ text: String) {
    do {
      expression = .success(try RegularExpression(text))
    } catch {
      expression = .failure(error)
    }
  }
}
