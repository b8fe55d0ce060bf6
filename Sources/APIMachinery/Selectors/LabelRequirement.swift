/// One condition on a label.
public struct LabelRequirement: Sendable, Hashable {
  /// How a label's value stands to the requirement's.
  public enum Operator: String, Sendable, Hashable, CaseIterable {
    case `in`
    case notIn = "notin"
    case equals = "="
    case doubleEquals = "=="
    case notEquals = "!="
    case greaterThan = "gt"
    case lessThan = "lt"
    case exists
    case doesNotExist = "!"
  }

  public let key: String
  public let `operator`: Operator
  /// In order, each once.
  public let values: [String]

  /// - Throws: a `badRequest` that tells what is wrong with the key, the number of values or a value.
  public init(_ key: String, _ operation: Operator, _ values: [String] = []) throws(StatusError) {
    let errors = Self.errors(key, operation, values)
    if let message = errors.aggregateMessage { throw .badRequest(message) }
    self.init(valid: key, operation, values)
  }

  /// For a key and values that are known to be right.
  init(valid key: String, _ operation: Operator, _ values: [String]) {
    self.key = key
    self.operator = operation
    self.values = Set(values).sorted()
  }

  private static func errors(_ key: String, _ operation: Operator, _ values: [String]) -> [FieldError] {
    var errors: [FieldError] = []
    let keyMessages = NameRules.labelKey(key)
    if !keyMessages.isEmpty {
      errors.append(.invalid(FieldPath("key"), .string(key), keyMessages.joined(separator: "; ")))
    }
    let path = FieldPath("values")
    func count(_ right: Bool, _ message: String) {
      if !right { errors.append(.invalid(path, .array(values.map(JSONValue.string)), message)) }
    }
    switch operation {
    case .in, .notIn: count(!values.isEmpty, "for 'in', 'notin' operators, values set can't be empty")
    case .equals, .doubleEquals, .notEquals:
      count(values.count == 1, "exact-match compatibility requires one single value")
    case .exists, .doesNotExist: count(values.isEmpty, "values set must be empty for exists and does not exist")
    case .greaterThan, .lessThan:
      count(values.count == 1, "for 'Gt', 'Lt' operators, exactly one value is required")
      for (index, value) in values.enumerated() where Int64(value) == nil {
        errors.append(
          .invalid(path.index(index), .string(value), "for 'Gt', 'Lt' operators, the value must be an integer"))
      }
    }
    for (index, value) in values.enumerated() {
      let messages = NameRules.labelValue(value)
      if !messages.isEmpty {
        errors.append(.invalid(path.index(index).key(key), .string(value), messages.joined(separator: "; ")))
      }
    }
    return errors
  }

  /// Whether an object with these labels meets the requirement. One that has no such label meets `notin` and `!=` too.
  public func matches(_ labels: LabelSet) -> Bool {
    let value = labels[key]
    switch `operator` {
    case .in, .equals, .doubleEquals: return value.map(names) ?? false
    case .notIn, .notEquals: return value.map { !names($0) } ?? true
    case .exists: return value != nil
    case .doesNotExist: return value == nil
    case .greaterThan, .lessThan:
      guard let number = value.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
        return false
      }
      return `operator` == .greaterThan ? number > bound : number < bound
    }
  }

  /// Whether a value is one of the requirement's, of which a request may have as many as its header holds.
  private func names(_ value: String) -> Bool {
    var (low, high) = (0, values.count)
    while low < high {
      let middle = (low + high) / 2
      if values[middle] == value { return true }
      if values[middle] < value { low = middle + 1 } else { high = middle }
    }
    return false
  }
}

extension LabelRequirement: CustomStringConvertible {
  public var description: String {
    let list = values.joined(separator: ",")
    return switch `operator` {
    case .in: "\(key) in (\(list))"
    case .notIn: "\(key) notin (\(list))"
    case .equals, .doubleEquals, .notEquals: "\(key)\(`operator`.rawValue)\(list)"
    case .greaterThan: "\(key)>\(list)"
    case .lessThan: "\(key)<\(list)"
    case .exists: key
    case .doesNotExist: "!\(key)"
    }
  }
}
