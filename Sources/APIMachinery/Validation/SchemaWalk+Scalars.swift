/// Checks of single values.
extension SchemaWalk {
  func nullProblem(_ schema: Schema) -> FieldError? {
    guard schema.hasJSONType, !schema.isNullable else { return nil }
    return error(.typeInvalid, "null", "\(inBody) must be of type \(schema.jsonType): \("null".goQuoted)")
  }

  func typeProblem(_ value: JSONValue, _ schema: Schema, _ format: SchemaFormat?) -> FieldError? {
    let found = value.jsonType
    let isNumeric = schema.type == .integer || schema.type == .number || schema.type == .intOrString
    let fits =
      switch (schema.type, value) {
      case (.intOrString, .integer), (.intOrString, .string): true
      case (.intOrString, .double(let number)), (.integer, .double(let number)): number.isWhole
      case (.number, .integer): true
      default: schema.type?.rawValue == found
      }
    let isTextOrList = found == "string" || found == "array"
    if format != nil {
      if isTextOrList, !isNumeric { return nil }
      if !isTextOrList, !fits {
        // The format of what was found, which only numbers have.
        let own = found == "integer" ? "int64" : found == "number" ? "float64" : ""
        if own == schema.format { return nil }
        let format = schema.format ?? ""
        return error(.typeInvalid, .string(own), "\(inBody) must be of type \(format): \(own.goQuoted)")
      }
    }
    if fits { return nil }
    return error(.typeInvalid, .string(found), "\(inBody) must be of type \(schema.jsonType): \(found.goQuoted)")
  }

  func enumerationProblem(_ value: JSONValue, _ schema: Schema) -> FieldError? {
    guard let values = schema.rulesBox?.rules.enumeration, !values.isEmpty else { return nil }
    for allowed in values where allowed != .null {
      if allowed == value || Self.isSameNumber(allowed, value) { return nil }
    }
    return error(
      .notSupported, value,
      "supported values: "
        + values.map { ($0.stringValue ?? $0.jsonText(sortedKeys: true)).goQuoted }.joined(separator: ", "))
  }

  private static func isSameNumber(_ a: JSONValue, _ b: JSONValue) -> Bool {
    switch (a, b) {
    case (.integer(let integer), .double(let double)), (.double(let double), .integer(let integer)):
      Double(integer) == double
    default: false
    }
  }

  /// The first of the limits that a string breaks.
  func stringProblem(_ text: String, _ box: ValueRulesBox) -> FieldError? {
    if box.rules.maxLength != nil || box.rules.minLength != nil {
      let length = Int64(text.unicodeScalars.count)
      if let maximum = box.rules.maxLength, length > maximum {
        let unit = maximum == 1 ? "byte" : "bytes"
        return error(.tooLong, "<value omitted>", "may not be more than \(maximum) \(unit)")
      }
      if let minimum = box.rules.minLength, length < minimum {
        return error(.invalid, .string(text), "\(inBody) should be at least \(minimum) chars long")
      }
    }
    guard let pattern = box.rules.pattern, !pattern.isEmpty, let compiled = box.pattern else { return nil }
    switch compiled.expression {
    case .success(let expression):
      if expression.matches(text) { return nil }
      return error(.invalid, .string(text), "\(inBody) should match '\(pattern)'")
    case .failure(let problem):
      return error(.invalid, .string(text), "\(inBody) should match '\(pattern), but pattern is invalid: \(problem)'")
    }
  }

  /// Whether a number is in the range of its type and format, and keeps its limits.
  func numberProblems(_ value: JSONValue, _ schema: Schema) -> [FieldError] {
    let range = NumberRange(schema)
    var problems: [FieldError] = []
    func checkRange(_ value: JSONValue, _ what: String) -> Bool {
      guard let range, !range.contains(value) else { return true }
      problems.append(rootError("\(what) value must be of type \(range.description) in \(plainName)"))
      return false
    }
    _ = checkRange(value, "Checked")
    guard let rules = schema.rulesBox?.rules else { return problems }
    if let factor = rules.multipleOf {
      let isExact = checkRange(.double(factor), "MultipleOf")
      if let problem = multipleProblem(value, factor, isExact: isExact) { problems.append(problem) }
    }
    if let maximum = rules.maximum {
      let isExact = checkRange(.double(maximum), "Maximum boundary")
      let limit = Limit(value, maximum, isExact: isExact)
      if limit.isAbove || (rules.exclusiveMaximum && limit.isEqual) {
        let words = rules.exclusiveMaximum ? "less than" : "less than or equal to"
        problems.append(error(.invalid, limit.value, "\(inBody) should be \(words) \(limit.text)"))
      }
    }
    if let minimum = rules.minimum {
      let isExact = checkRange(.double(minimum), "Minimum boundary")
      let limit = Limit(value, minimum, isExact: isExact)
      if limit.isBelow || (rules.exclusiveMinimum && limit.isEqual) {
        let words = rules.exclusiveMinimum ? "greater than" : "greater than or equal to"
        problems.append(error(.invalid, limit.value, "\(inBody) should be \(words) \(limit.text)"))
      }
    }
    return problems
  }

  private func multipleProblem(_ value: JSONValue, _ factor: Double, isExact: Bool) -> FieldError? {
    if case .integer(let number) = value, isExact {
      let whole = Int64(clamping: factor)
      guard whole > 0 else { return notPositive(.integer(whole), String(whole)) }
      if number % whole == 0 { return nil }
      return error(.invalid, value, "\(inBody) should be a multiple of \(whole)")
    }
    guard factor > 0 else { return notPositive(.double(factor), factor.goDescription) }
    let number = value.doubleValue
    let quotient = factor < 1 ? 1 / factor * number : number / factor
    if quotient.isWhole { return nil }
    return error(.invalid, .double(number), "\(inBody) should be a multiple of \(factor.goDescription)")
  }

  private func notPositive(_ factor: JSONValue, _ text: String) -> FieldError {
    error(.invalid, factor, "factor MultipleOf declared for \(plainName) must be positive: \(text)")
  }
}

/// A number beside a limit: whole numbers are compared as such.
private struct Limit {
  let value: JSONValue
  let text: String
  let isAbove: Bool
  let isBelow: Bool
  let isEqual: Bool

  init(_ value: JSONValue, _ limit: Double, isExact: Bool) {
    if case .integer(let number) = value, isExact {
      let whole = Int64(clamping: limit)
      self.value = value
      text = String(whole)
      (isAbove, isBelow, isEqual) = (number > whole, number < whole, number == whole)
    } else {
      let number = value.doubleValue
      self.value = .double(number)
      text = limit.goDescription
      (isAbove, isBelow, isEqual) = (number > limit, number < limit, number == limit)
    }
  }
}

/// Which numbers a type with a format can hold.
private struct NumberRange {
  let description: String
  private let type: SchemaType?
  private let format: String

  /// Nil where any number will do.
  init?(_ schema: Schema) {
    switch (schema.type, schema.format) {
    case (.integer, "int32"?): self.init(.integer, "int32")
    case (.integer, "int64"?): self.init(.integer, "int64")
    case (.integer, _): self.init(.integer, "")
    case (.number, "float"?): self.init(.number, "float")
    default: return nil
    }
  }

  private init(_ type: SchemaType, _ format: String) {
    self.type = type
    self.format = format
    description = type.rawValue + (format.isEmpty ? " (default format)" : " with format \(format)")
  }

  func contains(_ value: JSONValue) -> Bool {
    switch (type, value) {
    case (.integer, .integer(let number)): format != "int32" || Int32(exactly: number) != nil
    case (.integer, .double(let number)):
      Int64(exactly: number).map { format != "int32" || Int32(exactly: $0) != nil } ?? false
    case (.number, _): abs(value.doubleValue) <= Double(Float.greatestFiniteMagnitude)
    default: true
    }
  }
}

extension Schema {
  /// Whether the node names a type at all.
  var hasJSONType: Bool { type != nil && type != .any }

  /// The type as messages write it.
  var jsonType: String {
    switch type {
    case .intOrString: "integer,string"
    case .quantity: "string,number"
    case .any, nil: ""
    case let type?: type.rawValue
    }
  }
}

extension JSONValue {
  /// The type of a decoded value in JSON schema's words.
  var jsonType: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .double: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// A number as a double; 0 where this is none.
  var doubleValue: Double {
    switch self {
    case .integer(let number): Double(number)
    case .double(let number): number
    default: 0
    }
  }
}

extension Double {
  /// Whether this is a whole number that JSON carries without loss, but for rounding.
  var isWhole: Bool {
    guard isFinite, magnitude <= 9_007_199_254_740_991 else { return false }
    if self == rounded(.towardZero) { return true }
    let difference = (self - magnitude.rounded(.towardZero)).magnitude
    return difference / (magnitude + magnitude.rounded(.towardZero)) < 1e-9
  }
}

extension Int64 {
  /// The whole part, or the nearest number that there is.
  init(clamping value: Double) {
    if value >= 9.3e18 {
      self = .max
    } else if value <= -9.3e18 {
      self = .min
    } else {
      self = Int64(exactly: value.rounded(.towardZero)) ?? (value < 0 ? .min : .max)
    }
  }
}
